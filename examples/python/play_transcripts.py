"""Plays the transcripts of the protocol to the client: `python3 play_transcripts.py transcripts.json`."""

import json
import sys

from client import Client


def matches(value, pattern, variables):
    """Whether a value has all that a pattern has. A string that begins with `$` stands for a string."""
    if isinstance(pattern, str) and pattern.startswith("$"):
        return isinstance(value, str) and variables.setdefault(pattern, value) == value
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and matches(value[key], member, variables) for key, member in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and len(value) == len(pattern) and all(
            matches(item, member, variables) for item, member in zip(value, pattern)
        )
    return type(value) is type(pattern) and value == pattern


def filled(frame, variables):
    """A frame with the values of its variables."""
    if isinstance(frame, dict):
        return {key: filled(member, variables) for key, member in frame.items()}
    if isinstance(frame, list):
        return [filled(member, variables) for member in frame]
    return variables.get(frame, frame) if isinstance(frame, str) else frame


def play(steps):
    sent, seen, variables = [], [], {}
    client = Client(lambda text: sent.append(json.loads(text)), seen.append)
    for step in steps:
        call = step.get("call")
        if call == "publish":
            event = step["event"]
            client.publish(event["type"], event["id"], *([event["payload"]] if "payload" in event else []))
        elif call == "flush":
            client.flush()
        elif call is not None:
            getattr(client, call)(step["topic"])
        elif "client" in step:
            assert sent and matches(sent[0], step["client"], variables), f"{sent[:1]} is not {step['client']}"
            del sent[0]
        elif "hub" in step:
            client.receive(json.dumps(filled(step["hub"], variables)))
        elif "text" in step:
            client.receive(step["text"])
        elif step.get("sees") == "nothing":
            assert not sent and not seen, f"expected nothing, but sent {sent} and saw {seen}"
        elif "sees" in step:
            assert seen and seen[0] == step, f"{seen[:1]} is not {step}"
            del seen[0]
    assert not sent and not seen, f"afterwards, sent {sent} and saw {seen}"


def main(path):
    with open(path, encoding="utf-8") as file:
        book = json.load(file)
    passed = 0
    for transcript in book["transcripts"]:
        if transcript.get("only") != "hub":
            try:
                play(book["hello"] + transcript["steps"])
            except AssertionError as error:
                sys.exit(f"{transcript['name']}: {error}")
            passed += 1
    print(f"{passed} transcripts passed")


if __name__ == "__main__":
    main(sys.argv[1])
