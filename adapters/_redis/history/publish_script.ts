import { scriptOf } from "./open_script.ts";

/**
 * Publishes events, and keeps those of declared types.
 *
 * Keys: the stream and the hash of each type. Arguments: the run id of the server; the publisher; the number of the script; a
 * random number; `1` if another server may have become the master; the number of types. For each type: its channel up to the
 * id, its bounds, the number of the publisher's last script with the type or nothing, the number of fields, and the field of
 * each id. Then the number of other channels, and each of them. Then the runs: a code, the text that their messages have in
 * common, and each payload. The code is the number of the field or channel, plus 256 times the number of payloads. Without a
 * payload, the text is all of the message. Texts are without the first brace.
 *
 * The events of a run are one message, and one entry each.
 *
 * Answers `old` if the number is not newer, `ahead` if another script must come first, and `other` if the server is another
 * one. Else answers with the most receivers that an event had, then the index and the error of each event that was refused.
 */
const PUBLISH = `
local floor = math.floor
local function idOf(n, v)
  return entryIdOf(n, v[1], tonumber(v[8]), v[13])
end
local A, who, number, seed, count, at = ARGV, 'w' .. ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6]), 7
local types, kinds, ids, channels, last, first, latest, written, fields = {}, {}, {}, {}, {}, {}, {}, {}, {}
local function get(index, first, last)
  return call('HMGET', index, 'e', 'r', 'R', 'n', 'g', 'd', 'k', 'a', 'f', 'z', 'h', 'm', 'b', who, unpack(A, first, last))
end
for t = 1, count do
  local events, index, channel, previous, size = KEYS[2 * t - 1], KEYS[2 * t], A[at], A[at + 2], tonumber(A[at + 3])
  local v = get(index, at + 4, at + 3 + size)
  if v[14] and tonumber(v[14]) >= number then return 'old' end
  if previous ~= '' and v[14] ~= previous then return 'ahead' end
  if not v[1] or (A[5] == '1' and v[2] ~= replicationId()) or (v[4] ~= FIRST and call('EXISTS', events) == 0) then
    open(events, index, seed, A[at + 1])
    v = get(index, at + 4, at + 3 + size)
  end
  if v[3] ~= A[1] then return 'other' end
  local perId, perType, ttl = match(v[6], '^(%d+) (%d+) (%d+)$')
  local kind = { v = v, events = events, index = index, entry = v[1] .. '-', n = tonumber(v[4]), at = '{"at":"' .. v[7] .. '.',
    gone = v[5], perId = tonumber(perId), perType = perType + 0, ttl = ttl + 0, largest = 0, order = {},
    floor = tonumber(v[9]) }
  types[t] = kind
  for i = 1, size do
    local slot, field = #kinds + 1, A[at + 3 + i]
    kinds[slot], fields[slot], ids[slot], channels[slot] = kind, field, sub(field, 2), channel .. field
    first[slot], last[slot] = v[14 + i], v[14 + i]
  end
  at = at + 4 + size
end
local known = #kinds
for i = 1, tonumber(A[at]) do channels[known + i] = A[at + i] end
local answer, receivers, i, event, total = { 0 }, 0, at + 1 + tonumber(A[at]), 0, #A
while i <= total do
  local code, head = tonumber(A[i]), A[i + 1]
  local slot = code % 256
  local size, start = (code - slot) / 256, i + 2
  local kind, message = kinds[slot], nil
  i = start + size
  if kind then
    local at = kind.at .. format('%d', kind.n + 1) .. '",'
    if size == 0 then message = at .. head
    elseif size == 1 then message = at .. head .. '":' .. A[start] .. '}'
    else message = at .. head .. 's":[' .. concat(A, ',', start, i - 1) .. ']}' end
  else message = '{' .. head end
  local heard = pcall('PUBLISH', channels[slot], message)
  local count = max(size, 1)
  if type(heard) == 'table' then
    for k = 0, count - 1 do
      answer[#answer + 1] = event + k
      answer[#answer + 1] = heard.err
    end
  elseif heard > receivers then receivers = heard end
  if kind and type(heard) == 'number' then
    local events, id, value, perId, n, name = kind.events, ids[slot], last[slot], kind.perId, kind.n, 'e'
    if size == 0 or sub(head, 1, 6) ~= '"type"' then name = 'w' end
    for j = perId == 1 and start + count - 1 or start, start + count - 1 do
      local kept = size == 0 and head or A[j]
      if size > 0 and name == 'w' then kept = head .. '":' .. kept .. '}' end
      if #kept > kind.largest then kind.largest = #kept end
      if perId == 0 then
        n = n + 1
        local s = format('%d', n)
        call('XADD', events, kind.entry .. s, 'p', value or kind.gone, 'i', id, name, kept)
        value = s
      elseif perId == 1 then
        local before = value and match(value, '^%d+')
        n = n + count
        if count > 1 then before = format('%d', n - 1) end
        if before and tonumber(before) > kind.floor then kind.floor = tonumber(before) end
        value = format('%d', n) .. ' ' .. (before or kind.gone) .. (name == 'e' and ' ' or '!') .. kept
        latest[slot], kind.order[n] = n, slot
      else
        local before, ordinal = match(value or kind.gone, '^(%d+):?(%d*)$')
        ordinal = (tonumber(ordinal) or 0) + 1
        n = n + 1
        if ordinal > perId and kind.floor == FIRST_NUMBER then kind.floor = n end
        local s = format('%d', n)
        call('XADD', events, kind.entry .. s, 'p', before .. ':' .. ordinal, 'i', id, name, kept)
        value = s .. ':' .. ordinal
      end
    end
    kind.n, last[slot], written[slot] = n, value, true
  end
  event = event + count
end
answer[1] = receivers
for _, kind in ipairs(types) do
  local events, index, n, v, perId, perType, ttl = kind.events, kind.index, kind.n, kind.v, kind.perId, kind.perType, kind.ttl
  local from, size, forgotten = tonumber(v[4]), tonumber(v[10] or 0), tonumber(v[11])
  local set = { 'HSET', index, 'n', n, who, A[3] }
  local function put(field, value)
    set[#set + 1] = field
    set[#set + 1] = value
  end
  local old = {}
  for slot in pairs(written) do
    if kinds[slot] == kind then
      put(fields[slot], last[slot])
      if perId == 1 and first[slot] then old[#old + 1] = idOf(tonumber(match(first[slot], '^%d+')), v) end
    end
  end
  if #old > 0 then call('XDEL', events, unpack(old)) end
  for i = from + 1, perId == 1 and n or 0 do
    local slot = kind.order[i]
    if slot and latest[slot] == i then call('XADD', events, kind.entry .. format('%d', i), 'i', ids[slot]) end
  end
  if perId > 0 then put('f', kind.floor) end
  if kind.largest > size or kind.largest * 2 < size then put('z', max(kind.largest, floor(size / 2))) end
  if ttl > 0 and n > from then
    local now, marks, times, old = clock(v[12]), {}, {}, forgotten
    for t, last in string.gmatch(v[12] or '', '(%d+):(%d+);') do
      if t + ttl <= now then forgotten = max(forgotten, last)
      else marks[#marks + 1], times[#times + 1] = t .. ':' .. last .. ';', t end
    end
    if #marks > 1 and times[#times] - times[#times - 1] < ttl / 8 then marks[#marks] = nil end
    marks[#marks + 1] = now .. ':' .. n .. ';'
    put('m', concat(marks))
    if forgotten > old then
      put('h', forgotten)
      if perId ~= 1 then call('XTRIM', events, 'MINID', '~', idOf(forgotten + 1, v)) end
    end
  end
  call(unpack(set))
  if perId == 1 then
    local function drop(entries)
      if #entries == 0 then return end
      local ids, fields = {}, {}
      for i, entry in ipairs(entries) do ids[i], fields[i] = entry[1], ':' .. entry[2][2] end
      local last = match(ids[#ids], '%d+$')
      call('XDEL', events, unpack(ids))
      call('HDEL', index, unpack(fields))
      kind.gone, kind.floor = max(kind.gone, last), max(kind.floor, last)
      call('HSET', index, 'g', kind.gone, 'f', kind.floor)
    end
    local excess = perType > 0 and call('XLEN', events) - perType or 0
    if excess > 0 then drop(call('XRANGE', events, '-', '+', 'COUNT', math.min(excess, 256))) end
    if forgotten > FIRST_NUMBER then drop(call('XRANGE', events, '-', idOf(forgotten, v), 'COUNT', 64)) end
  else
    if perType > 0 and floor(n / 64) > floor(from / 64) then call('XTRIM', events, 'MAXLEN', '~', perType) end
    local bound = max(forgotten, perType > 0 and n - perType or 0)
    if bound > FIRST_NUMBER and floor(n / 128) > floor(from / 128) and call('HLEN', index) > 1024 then
      local found = call('HSCAN', index, call('HGET', index, 's') or 0, 'COUNT', 256)
      local fields, last = {}, tonumber(kind.gone)
      for i = 1, #found[2], 2 do
        local number = sub(found[2][i], 1, 1) == ':' and tonumber(match(found[2][i + 1], '^%d+'))
        if number and number <= bound then
          fields[#fields + 1] = found[2][i]
          last = max(last, number)
        end
      end
      if #fields > 0 then call('HDEL', index, unpack(fields)) end
      call('HSET', index, 's', found[1], 'g', last)
    end
  end
end
return answer
`;

/**
 * The script for one run of a server. Redis knows scripts by their text and forgets them when it ends, so another server
 * does not have the script of this one.
 */
export function publishScript(run: string): string {
  return `-- ${run}\n${SCRIPT}`;
}

const SCRIPT = scriptOf(PUBLISH);
