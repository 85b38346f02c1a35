import { scriptOf } from "./open_script.ts";

/**
 * Reads the state of a type and some of its events, at one moment.
 *
 * Keys: the stream and the hash. Arguments: a random number, the bounds, the operation and its arguments:
 *
 * - `head`: nothing more.
 * - `walk`, the id, a number or nothing, a number, a count: the last value of the id; the number to continue from, or -1 where
 *   an entry is missing; and the entries of the id from the first number back to the second.
 * - `range`, `XRANGE` or `XREVRANGE`, its two ids, a count, bytes: the entries between the ids.
 * - `states`, an entry's id, a count, bytes: the entries after it, the value of the id of each, and whether they are all.
 * - `latest`, an entry's id, a count, bytes: of the entries after it, the id of the last one, those that are the latest of
 *   their ids, the number of the first event, and the number of events.
 * - `numbers`, bytes, and ids: the number of the last event of each id, of the first ids.
 * - `last`, an entry's id or `+`, a count: the id of the entry so far before it, or nothing, and how many there were.
 *
 * With bytes, a read ends at the first entry or value beyond them, or with at most 1 MiB more.
 */
export const READ_SCRIPT: string = scriptOf(`
local events, index, op, min, floor = KEYS[1], KEYS[2], ARGV[3], math.min, math.floor
open(events, index, tonumber(ARGV[1]), ARGV[2])
local v = call('HMGET', index, 'k', 'e', 'n', 'a', 'b', 'u', 'h', 'l', 'g', 'f', 'd', 'z', 'm', 'y')
local epoch, n, before, branches, hidden = v[2], tonumber(v[3]), tonumber(v[4]), v[5], tonumber(v[7])
local perId, perType, ttl = match(v[11], '^(%d+) (%d+) (%d+)$')
if ttl ~= '0' then
  local now = clock(v[13])
  for t, last in string.gmatch(v[13] or '', '(%d+):(%d+);') do
    if t + ttl <= now then hidden = max(hidden, last) end
  end
end
if perId ~= '1' then
  if perType ~= '0' then hidden = max(hidden, n - perType) end
elseif hidden > FIRST_NUMBER then
  local oldest = call('XREVRANGE', events, entryIdOf(hidden, epoch, before, branches), '-', 'COUNT', 1)[1]
  if oldest then
    v[9] = max(v[9], match(oldest[1], '%d+$'))
    v[10] = max(v[10], v[9])
  end
end
local function sizeOf(entry)
  return tonumber(match(entry[2][2], '^%d+:%d*:(%d+)$') or 1)
end
local known = max(v[12] or 0, v[14] or 0)
local state = { v[1], v[2], v[3], v[4], v[5] or '', v[6], hidden, v[8], v[9], v[10], v[11], known }
local function valuesOf(entries, at)
  if #entries == 0 then return {} end
  local get = { 'HMGET', index }
  for i, entry in ipairs(entries) do get[i + 2] = ':' .. entry[2][at] end
  return call(unpack(get))
end
local function read(command, first, last, count, bytes, valueAt)
  local most, found, values, isAll = max(1, min(16, floor(1048576 / max(1, known)))), {}, {}, false
  local step = min(4, most)
  repeat
    step = min(step, count - #found)
    local part, largest = call(command, events, first, last, 'COUNT', step), 1
    local own = valueAt and valuesOf(part, valueAt)
    for i, entry in ipairs(part) do
      local size = own and #(own[i] or '') or #(entry[2][6] or '')
      found[#found + 1], bytes, largest = entry, bytes - size, max(largest, size)
      if own then values[#found] = own[i] end
    end
    isAll = #part < step
    if isAll or #found >= count then break end
    first = '(' .. part[step][1]
    step = max(1, min(most, floor(bytes / largest)))
  until bytes <= 0
  return found, values, isAll
end
local function after(id)
  return id == '-' and '-' or '(' .. id
end
if op == 'walk' then
  local value, number, entries, bytes = '', tonumber(ARGV[5]), {}, 0
  if not number then
    value = call('HGET', index, ':' .. ARGV[4]) or ''
    number = perId ~= '1' and tonumber(match(value, '^%d+') or v[9]) or 0
  end
  local stop, count = tonumber(ARGV[6]), tonumber(ARGV[7])
  while number > max(stop, hidden) and #entries < count and bytes < 262144 do
    local id = entryIdOf(number, epoch, before, branches)
    local entry = call('XRANGE', events, id, id)[1]
    if not entry then
      number = -1
      break
    end
    entries[#entries + 1] = entry
    bytes = bytes + #entry[2][6]
    number = tonumber(match(entry[2][2], '^%d+'))
  end
  return { state, value, number, entries }
elseif op == 'numbers' then
  local numbers, bytes = {}, tonumber(ARGV[4])
  for i = 5, #ARGV do
    local value = call('HGET', index, ':' .. ARGV[i])
    numbers[i - 4], bytes = value and match(value, '^%d+') or false, bytes - #(value or '')
    if bytes <= 0 then break end
  end
  return { state, numbers }
elseif op == 'range' then
  return { state, (read(ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]))) }
elseif op == 'states' then
  local entries, values, isAll = read('XRANGE', after(ARGV[4]), '+', tonumber(ARGV[5]), tonumber(ARGV[6]), 2)
  return { state, entries, values, isAll and 1 or 0 }
elseif op == 'latest' then
  local entries, found, size = read('XRANGE', after(ARGV[4]), '+', tonumber(ARGV[5]), tonumber(ARGV[6])), {}, 0
  for i, value in ipairs(valuesOf(entries, 4)) do
    size = size + sizeOf(entries[i])
    if value and match(value, '^%d+') == match(entries[i][1], '%d+$') then found[#found + 1] = entries[i] end
  end
  local first = #entries > 0 and match(entries[1][1], '%d+$') - sizeOf(entries[1]) + 1 or 0
  return { state, #entries > 0 and entries[#entries][1] or '', found, first, size }
elseif op == 'last' then
  local entries = call('XREVRANGE', events, ARGV[4] == '+' and '+' or '(' .. ARGV[4], '-', 'COUNT', ARGV[5])
  return { state, #entries > 0 and entries[#entries][1] or '', #entries }
end
return { state }
`);
