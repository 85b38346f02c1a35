/** The number before the first event of a history. It makes positions long enough for fast JSON parsers. */
export const FIRST = 100_000;

/** The number of epochs: five digits of 64. */
const EPOCHS = 2 ** 30;

/** The digits of an epoch in a position. */
export const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The number of earlier epochs that are remembered. */
const MAX_BRANCHES = 16;

/**
 * The functions of the scripts. `open` finds the epoch of a type. It begins another one if the server is not the one that
 * began it, or if keys are gone. A stream that has no event yet does not exist.
 *
 * A server that was restarted with its AOF continues the numbers in a new epoch, and positions of the one before stay valid.
 * After any other change the events stay, but their positions are not valid any more: some events may be lost.
 */
const OPEN = `
local call, match, find, sub, max = redis.call, string.match, string.find, string.sub, math.max
local DIGITS, replication = '${DIGITS}', nil
local function replicationId()
  replication = replication or call('INFO', 'replication')
  return match(replication, 'master_replid:(%x+)')
end
local function open(events, index, seed, bounds)
  local v = call('HMGET', index, 'e', 'n', 'r', 'R', 'b', 'h')
  local isThere = v[1] and (v[2] == FIRST or call('EXISTS', events) == 1)
  if isThere and v[3] == replicationId() then return end
  local id, run = replicationId(), match(call('INFO', 'server'), 'run_id:(%x+)')
  local continues = find(replication, 'second_repl_offset:-1', 1, true)
  if isThere and run == v[4] and continues then return call('HSET', index, 'r', id) end
  local function textOf(epoch)
    local text = ''
    for _ = 1, 5 do
      local digit = epoch % 64
      text = sub(DIGITS, digit + 1, digit + 1) .. text
      epoch = (epoch - digit) / 64
    end
    return text
  end
  local epoch = isThere and v[1] + 1 + seed % 65536 or seed
  if not isThere or epoch >= ${EPOCHS} then
    call('UNLINK', events, index)
    return call('HSET', index, 'e', seed, 'k', textOf(seed), 'r', id, 'R', run, 'n', FIRST, 'g', FIRST, 'd', bounds,
      'a', FIRST, 'f', FIRST, 'h', FIRST, 'l', FIRST, 'u', seed)
  end
  local branches = (v[5] or '') .. v[1] .. ':' .. v[2] .. ';'
  local _, count = string.gsub(branches, ';', '')
  if count > ${MAX_BRANCHES} then
    local last
    last, branches = match(branches, '^%d+:(%d+);(.*)$')
    call('HSET', index, 'h', max(last, v[6]))
  end
  call('HSET', index, 'e', epoch, 'k', textOf(epoch), 'r', id, 'R', run, 'a', v[2], 'b', branches)
  if not (continues and find(call('INFO', 'persistence'), 'aof_enabled:1', 1, true)) then
    call('HSET', index, 'u', epoch, 'l', v[2])
  end
end
local function entryIdOf(n, epoch, before, branches)
  if n > before then return epoch .. '-' .. n end
  for e, last in string.gmatch(branches or '', '(%d+):(%d+);') do
    if n <= tonumber(last) then return e .. '-' .. n end
  end
  return '0-1'
end
local function clock(marks)
  local time = call('TIME')
  return max(time[1] * 1000 + math.floor(time[2] / 1000), match(marks or '', '(%d+):%d+;$') or 0)
end
`;

/**
 * With this line, Redis refuses a script as a whole where it takes no writes: on a replica, without enough replicas, or with a
 * broken disk. Without the line, it would run the script up to the first write, and publish events that are not kept.
 */
const SHEBANG = "#!lua";

const CONSTANTS = `local FIRST, FIRST_NUMBER = '${FIRST}', ${FIRST}`;

/** Puts a script together that uses the functions. */
export function scriptOf(text: string): string {
  return trimmed(`${CONSTANTS}\n${OPEN}${text}`);
}

/** Puts a script together that mostly does without the functions. It gets them by `library()`. */
export function scriptWithLibrary(text: string): string {
  const functions = ["replicationId", "open", "entryIdOf", "clock"];
  return trimmed(`${CONSTANTS}
    local loaded
    local function library()
    if loaded then return loaded end
    ${OPEN}
    loaded = { ${functions.map((name) => `${name} = ${name}`).join(", ")} }
    return loaded
    end
    ${text}`);
}

/** Without what Redis would only read over. */
function trimmed(script: string): string {
  return `${SHEBANG}\n${script}`.split("\n").map((line) => line.trim()).filter((line) => line !== "").join(
    "\n",
  );
}
