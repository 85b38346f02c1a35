import { scriptOf } from "./open_script.ts";

/**
 * Registers a publisher, and the bounds of a type that has none yet. Keys: the stream and the hash. Arguments: a random
 * number, the bounds, the publisher. Answers with the run id of the server and the bounds that apply.
 */
export const REGISTER_SCRIPT: string = scriptOf(`
local index, who = KEYS[2], ARGV[3] .. ','
open(KEYS[1], index, tonumber(ARGV[1]), ARGV[2])
local v = call('HMGET', index, 'R', 'd', 'v')
local known = v[3] or ''
if not find(known, who, 1, true) then
  known = known .. who
  local _, count = string.gsub(known, ',', '')
  if count > 1000 then
    local oldest
    oldest, known = match(known, '^(.-),(.*)$')
    call('HDEL', index, 'w' .. oldest)
  end
  call('HSET', index, 'v', known)
end
return { v[1], v[2] }
`);
