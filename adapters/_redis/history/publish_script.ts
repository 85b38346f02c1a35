import { scriptWithLibrary } from "./open_script.ts";

/**
 * Publishes events, and keeps those of declared types.
 *
 * Keys: the stream and the hash of each type. Arguments: the run id of the server; the publisher; the number of the script; a
 * random number; `1` if another server may have become the master; the number of types. For each type: its channel up to the
 * id, its bounds, the number of the publisher's last script with the type or nothing, the number of fields, and the field of
 * each id. Then the number of other channels, and each of them. Then the runs: a code, the text that their messages have in
 * common, the payloads but the last one if there are several, and the last payload. The code is the number of the field or
 * channel, plus 256 times the number of payloads. Without a payload, the text is all of the message. Texts are without the
 * first brace.
 *
 * The events of a run are one message and one entry, whose id has the number of the last of them. The entry names the event
 * of the id before the run: its number, after a colon the number of the last event among those of its id if these have a
 * bound, and after another colon the number of events of the run if there are several.
 *
 * The hash has the largest number of bytes of an entry since a multiple of more numbers than the stream has, and before.
 *
 * Answers `old` if the number is not newer, `ahead` if another script must come first, and `other` if the server is another
 * one. Else answers with the most receivers that an event had, then the index and the error of each event that was refused.
 */
const PUBLISH = `
local A, call, pcall, match, sub, format, concat = ARGV, redis.call, redis.pcall, string.match, string.sub, string.format, table.concat
local min, max, floor, who, number, at, types, slots = math.min, math.max, math.floor, 'w' .. A[2], tonumber(A[3]), 7, {}, {}
-- One run of a type that keeps all, where no id is to be dropped: in less time.
if A[6] == '1' and A[5] ~= '1' and A[10] == '1' and A[12] == '0' and #A == 14 + min(floor(A[13] / 256), 2) then
  local events, index, field, head, payloads, count = KEYS[1], KEYS[2], A[11], A[14], A[15], floor(A[13] / 256)
  local v = call('HMGET', index, 'e', 'R', 'n', 'g', 'k', 'd', 'z', who, field, 'a')
  local from, last, size, perType = tonumber(v[3] or 0), v[8], tonumber(v[7] or 0), match(v[6] or '', '^0 (%d+) 0$')
  local n = from + max(count, 1)
  local oldest = perType and n - perType + 1
  local trims = oldest and perType ~= '0' and oldest > FIRST_NUMBER and floor(n / 64) > floor(from / 64)
  if last and perType and v[2] == A[1] and (A[9] == '' or A[9] == last) and tonumber(last) < number
    and (not trims or oldest > tonumber(v[10]) and call('HLEN', index) <= 1024) and call('EXISTS', events) == 1 then
    local s, text, more = format('%d', n), head, ''
    if count > 1 then
      payloads, more = payloads .. ',' .. A[16], '::' .. count
      text = head .. 's":[' .. payloads .. ']}'
    elseif payloads then text = head .. '":' .. payloads .. '}' end
    local heard = pcall('PUBLISH', A[7] .. field, '{"at":"' .. v[5] .. '.' .. format('%d', from + 1) .. '",' .. text)
    if type(heard) == 'number' then
      local isPayload = payloads and sub(head, 1, 6) == '"type"'
      local kept = isPayload and payloads or text
      call('XADD', events, v[1] .. '-' .. s, 'p', (v[9] or v[4]) .. more, 'i', sub(field, 2), isPayload and 'e' or 'w', kept)
      call('HSET', index, 'n', s, who, A[3], field, s)
      if trims then call('XTRIM', events, 'MINID', '~', v[1] .. '-' .. format('%d', oldest)) end
      local begins = perType ~= '0' and floor(n / (perType + 1024)) > floor(from / (perType + 1024))
      if begins then call('HSET', index, 'y', size, 'z', #kept) elseif #kept > size then call('HSET', index, 'z', #kept) end
      return { heard }
    end
  end
end
local function get(index, first, last)
  return call('HMGET', index, 'e', 'R', 'n', 'g', 'k', 'd', 'z', 'r', who, unpack(A, first, last))
end
for t = 1, tonumber(A[6]) do
  local events, index, channel, previous, size = KEYS[2 * t - 1], KEYS[2 * t], A[at], A[at + 2], tonumber(A[at + 3])
  local first, last = at + 4, at + 3 + size
  local v = get(index, first, last)
  if v[9] and tonumber(v[9]) >= number then return 'old' end
  if previous ~= '' and v[9] ~= previous then return 'ahead' end
  local isThere = v[1] and (v[3] == FIRST or call('EXISTS', events) == 1)
  if not isThere or A[5] == '1' then
    local library = library()
    if not isThere or v[8] ~= library.replicationId() then
      library.open(events, index, tonumber(A[4]), A[at + 1])
      v = get(index, first, last)
    end
  end
  if v[2] ~= A[1] then return 'other' end
  local perId, perType, ttl = match(v[6], '^(%d+) (%d+) (%d+)$')
  local kind = { v = v, events = events, index = index, entry = v[1] .. '-', n = tonumber(v[3]), at = '{"at":"' .. v[5] .. '.',
    perId = tonumber(perId), perType = tonumber(perType), largest = 0 }
  if perId ~= '0' or ttl ~= '0' then
    kind.more, kind.ttl = call('HMGET', index, 'a', 'b', 'f', 'h', 'm'), tonumber(ttl)
    kind.floor, kind.order = tonumber(kind.more[3]), {}
  end
  types[t] = kind
  for i = first, last do
    local field, value = A[i], v[10 + i - first]
    slots[#slots + 1] = { kind = kind, field = field, id = sub(field, 2), channel = channel .. field, first = value, value = value }
  end
  at = last + 1
end
for i = at + 1, at + tonumber(A[at]) do slots[#slots + 1] = { channel = A[i] } end
local answer, receivers, i, event, total = {}, 0, at + 1 + tonumber(A[at]), 0, #A
while i <= total do
  local code, head, start = tonumber(A[i]), A[i + 1], i + 2
  local slot = slots[code % 256]
  local kind, size = slot.kind, floor(code / 256)
  local count, text, payloads = max(size, 1), head, A[start]
  i = start + min(size, 2)
  if size > 1 then
    payloads = payloads .. ',' .. A[start + 1]
    text = head .. 's":[' .. payloads .. ']}'
  elseif size == 1 then text = head .. '":' .. payloads .. '}' end
  local message = kind and kind.at .. format('%d', kind.n + 1) .. '",' .. text or '{' .. text
  local heard = pcall('PUBLISH', slot.channel, message)
  if type(heard) == 'table' then
    for k = event, event + count - 1 do
      answer[#answer + 1] = k
      answer[#answer + 1] = heard.err
    end
  elseif heard > receivers then receivers = heard end
  if kind and type(heard) == 'number' then
    local events, id, value, perId, n, name = kind.events, slot.id, slot.value or kind.v[4], kind.perId, kind.n + count, 'e'
    local kept, s = payloads, format('%d', n)
    if size == 0 or sub(head, 1, 6) ~= '"type"' then kept, name = text, 'w' end
    if perId == 1 then
      if size > 1 then kept = name == 'e' and A[start + 1] or head .. '":' .. A[start + 1] .. '}' end
      local before = match(value, '^%d+')
      if count > 1 then before = format('%d', n - 1) end
      if (slot.value or count > 1) and tonumber(before) > kind.floor then kind.floor = tonumber(before) end
      value = s .. ' ' .. before .. (name == 'e' and ' ' or '!') .. kept
      slot.last, kind.order[n] = n, slot
    else
      local more = count > 1 and '::' .. count or ''
      if perId == 0 then
        call('XADD', events, kind.entry .. s, 'p', value .. more, 'i', id, name, kept)
        value = s
      else
        local before, ordinal = match(value, '^(%d+):?(%d*)$')
        ordinal = (tonumber(ordinal) or 0) + count
        if ordinal > perId and kind.floor == FIRST_NUMBER then kind.floor = n end
        call('XADD', events, kind.entry .. s, 'p', before .. ':' .. ordinal .. sub(more, 2), 'i', id, name, kept)
        value = s .. ':' .. ordinal
      end
    end
    kind.largest = max(kind.largest, #kept)
    kind.n, slot.value = n, value
  end
  event = event + count
end
for _, kind in ipairs(types) do
  local events, index, n, v, perId, perType = kind.events, kind.index, kind.n, kind.v, kind.perId, kind.perType
  local from, size, set, old, forgotten = tonumber(v[3]), tonumber(v[7] or 0), { 'HSET', index, 'n', n, who, A[3] }, {}, 0
  local function put(field, value)
    set[#set + 1] = field
    set[#set + 1] = value
  end
  local function idOf(n)
    kind.more = kind.more or call('HMGET', index, 'a', 'b')
    return library().entryIdOf(n, v[1], tonumber(kind.more[1]), kind.more[2])
  end
  for _, slot in ipairs(slots) do
    if slot.kind == kind and slot.value ~= slot.first then
      put(slot.field, slot.value)
      if perId == 1 and slot.first then old[#old + 1] = idOf(tonumber(match(slot.first, '^%d+'))) end
    end
  end
  if #old > 0 then call('XDEL', events, unpack(old)) end
  for i = from + 1, perId == 1 and n or 0 do
    local slot = kind.order[i]
    if slot and slot.last == i then call('XADD', events, kind.entry .. format('%d', i), 'i', slot.id) end
  end
  if perType > 0 and perId ~= 1 and floor(n / (perType + 1024)) > floor(from / (perType + 1024)) then
    put('y', size)
    put('z', kind.largest)
  elseif kind.largest > size then put('z', kind.largest) end
  if kind.more then
    forgotten = tonumber(kind.more[4])
    if perId > 0 then put('f', kind.floor) end
    if kind.ttl > 0 and n > from then
      local now, marks, times, old = library().clock(kind.more[5]), {}, {}, forgotten
      for t, last in string.gmatch(kind.more[5] or '', '(%d+):(%d+);') do
        if t + kind.ttl <= now then forgotten = max(forgotten, last)
        else marks[#marks + 1], times[#times + 1] = t .. ':' .. last .. ';', t end
      end
      if #marks > 1 and times[#times] - times[#times - 1] < kind.ttl / 8 then marks[#marks] = nil end
      marks[#marks + 1] = now .. ':' .. n .. ';'
      put('m', concat(marks))
      if forgotten > old then
        put('h', forgotten)
        if perId ~= 1 then call('XTRIM', events, 'MINID', '~', idOf(forgotten + 1)) end
      end
    end
  end
  call(unpack(set))
  if perId == 1 then
    local gone = v[4]
    local function drop(entries)
      if #entries == 0 then return end
      local ids, fields = {}, {}
      for i, entry in ipairs(entries) do ids[i], fields[i] = entry[1], ':' .. entry[2][2] end
      local last = match(ids[#ids], '%d+$')
      call('XDEL', events, unpack(ids))
      call('HDEL', index, unpack(fields))
      gone, kind.floor = max(gone, last), max(kind.floor, last)
      call('HSET', index, 'g', gone, 'f', kind.floor)
    end
    local excess = perType > 0 and call('XLEN', events) - perType or 0
    if excess > 0 then drop(call('XRANGE', events, '-', '+', 'COUNT', min(excess, 256))) end
    if forgotten > FIRST_NUMBER then drop(call('XRANGE', events, '-', idOf(forgotten), 'COUNT', 64)) end
  else
    if perType > 0 and n > FIRST_NUMBER + perType and floor(n / 64) > floor(from / 64) then
      call('XTRIM', events, 'MINID', '~', idOf(n - perType + 1))
    end
    local bound = max(forgotten, perType > 0 and n - perType or 0)
    if bound > FIRST_NUMBER and floor(n / 128) > floor(from / 128) and call('HLEN', index) > 1024 then
      local found = call('HSCAN', index, call('HGET', index, 's') or 0, 'COUNT', 256)
      local fields, last = {}, tonumber(v[4])
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
return { receivers, unpack(answer) }
`;

/**
 * The script for one run of a server. Redis knows scripts by their text and forgets them when it ends, so another server
 * does not have the script of this one.
 */
export function publishScript(run: string): string {
  return `${SCRIPT}\n-- ${run}`;
}

const SCRIPT = scriptWithLibrary(PUBLISH);
