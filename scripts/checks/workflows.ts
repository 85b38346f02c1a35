// The actions of the workflows are pinned: a tag can be moved to other code, which would run with the rights of the job.

const PINNED = /^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** Returns one line for each action in `text`, the workflow at `path`, that is not pinned by its commit. */
export function checkWorkflow(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const action = line.match(/^\s*(?:- )?uses:\s*(.+?)\s*$/)?.[1];
    if (action === undefined || PINNED.test(action)) return [];
    return [`${path}:${index + 1}: ${action} is not pinned by its commit, with its version as a comment`];
  });
}
