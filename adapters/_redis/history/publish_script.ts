import { scriptOf } from "./open_script.ts";

/**
 * Publishes events, and keeps those of declared types.
 *
 * Keys: the stream and the hash of each type. Arguments: the run id of the server; the publisher; the number of the script; a
 * random number; `1` if another server may have become the master; the number of types. For each type: its channel up to the
 * id, its bounds, the number of the publisher's last script with the type or nothing, the number of fields, and the field of
 * each id. Then the number of other channels, and each of them. Then for each event a code and its message without the first
 * brace. The code is the number of the field or channel, plus 256 times the number of bytes before the payload, or 0 for these
 * if all of the message is kept.
 *
 * Answers `old` if the number is not newer, `ahead` if another script must come first, and `other` if the server is another
 * one. Else answers with the most receivers that an event had, then the index and the error of each event that was refused.
 */
const PUBLISH = `
local A, who, number, seed, count, at = ARGV, 'w' .. ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6]), 7
local types, kinds, ids, channels, last, written, fields = {}, {}, {}, {}, {}, {}, {}
for t = 1, count do
  local events, index, channel, previous, size = KEYS[2 * t - 1], KEYS[2 * t], A[at], A[at + 2], tonumber(A[at + 3])
  local function get()
    return call('HMGET', index, 'e', 'r', 'R', 'n', 'g', 'd', 'k', 'a', 'f', 'z', 'h', 'm', 'b', who,
      unpack(A, at + 4, at + 3 + size))
  end
  local v = get()
  if v[14] and tonumber(v[14]) >= number then return 'old' end
  if previous ~= '' and v[14] ~= previous then return 'ahead' end
  if not v[1] or (A[5] == '1' and v[2] ~= replicationId()) or (v[4] ~= FIRST and call('EXISTS', events) == 0) then
    open(events, index, seed, A[at + 1])
    v = get()
  end
  if v[3] ~= A[1] then return 'other' end
  local perId, perType, ttl = match(v[6], '^(%d+) (%d+) (%d+)$')
  local kind = { events = events, index = index, entry = v[1] .. '-', epoch = v[1], n = tonumber(v[4]), from = v[4],
    gone = v[5], at = '{"at":"' .. v[7] .. '.', before = tonumber(v[8]), floor = tonumber(v[9]), size = tonumber(v[10] or 0),
    forgotten = tonumber(v[11]), marks = v[12], branches = v[13], perId = tonumber(perId), perType = tonumber(perType),
    ttl = tonumber(ttl), largest = 0 }
  types[t] = kind
  for i = 1, size do
    local slot, field = #kinds + 1, A[at + 3 + i]
    kinds[slot], fields[slot], ids[slot], channels[slot], last[slot] = kind, field, sub(field, 2), channel .. field, v[14 + i]
  end
  at = at + 4 + size
end
local known = #kinds
for i = 1, tonumber(A[at]) do channels[known + i] = A[at + i] end
local start = at + 1 + tonumber(A[at])
local answer, receivers = { 0 }, 0
for i = start, #A, 2 do
  local code, text = tonumber(A[i]), A[i + 1]
  local slot = code % 256
  local kind, heard = kinds[slot], nil
  if not kind then heard = pcall('PUBLISH', channels[slot], '{' .. text)
  else
    local n = kind.n + 1
    local s = n .. ''
    heard = pcall('PUBLISH', channels[slot], kind.at .. s .. '",' .. text)
    if type(heard) == 'number' then
      local name, kept, cut, value, perId = 'w', text, (code - slot) / 256, last[slot], kind.perId
      if cut > 0 then name, kept = 'e', sub(text, cut + 1, -2) end
      if #kept > kind.largest then kind.largest = #kept end
      kind.n = n
      if perId == 0 then
        call('XADD', kind.events, kind.entry .. s, 'p', value or kind.gone, 'i', ids[slot], name, kept)
        value = s
      elseif perId == 1 then
        local replaced = value and tonumber(match(value, '^%d+'))
        if replaced then
          call('XDEL', kind.events, idOf(replaced, kind.epoch, kind.before, kind.branches))
          if replaced > kind.floor then kind.floor = replaced end
        end
        call('XADD', kind.events, kind.entry .. s, 'i', ids[slot])
        value = s .. ' ' .. (replaced or kind.gone) .. (name == 'e' and ' ' or '!') .. kept
      else
        local before, count = match(value or kind.gone, '^(%d+):?(%d*)$')
        count = (tonumber(count) or 0) + 1
        if count > perId and kind.floor == FIRST_NUMBER then kind.floor = n end
        call('XADD', kind.events, kind.entry .. s, 'p', before .. ':' .. count, 'i', ids[slot], name, kept)
        value = s .. ':' .. count
      end
      last[slot], written[slot] = value, true
    end
  end
  if type(heard) == 'table' then
    answer[#answer + 1] = (i - start) / 2
    answer[#answer + 1] = heard.err
  elseif heard > receivers then receivers = heard end
end
answer[1] = receivers
local function drop(kind, entries)
  if #entries == 0 then return end
  local ids, fields = {}, {}
  for i, entry in ipairs(entries) do ids[i], fields[i] = entry[1], ':' .. entry[2][2] end
  local last = match(ids[#ids], '%d+$')
  call('XDEL', kind.events, unpack(ids))
  call('HDEL', kind.index, unpack(fields))
  kind.gone, kind.floor = max(kind.gone, last), max(kind.floor, last)
  call('HSET', kind.index, 'g', kind.gone, 'f', kind.floor)
end
local function mark(kind)
  local now, marks, times, forgotten = clock(kind.marks), {}, {}, kind.forgotten
  for t, n in string.gmatch(kind.marks or '', '(%d+):(%d+);') do
    if t + kind.ttl <= now then forgotten = max(forgotten, n)
    else marks[#marks + 1], times[#times + 1] = t .. ':' .. n .. ';', t end
  end
  if #marks > 1 and times[#times] - times[#times - 1] < kind.ttl / 8 then marks[#marks] = nil end
  marks[#marks + 1] = now .. ':' .. kind.n .. ';'
  return table.concat(marks), forgotten
end
for _, kind in ipairs(types) do
  local n, set = kind.n, { 'HSET', kind.index, 'n', kind.n }
  local function put(field, value)
    set[#set + 1] = field
    set[#set + 1] = value
  end
  put(who, A[3])
  for slot in pairs(written) do
    if kinds[slot] == kind then put(fields[slot], last[slot]) end
  end
  if kind.perId > 0 then put('f', kind.floor) end
  if kind.largest > kind.size or kind.largest * 2 < kind.size then put('z', max(kind.largest, math.floor(kind.size / 2))) end
  if kind.ttl > 0 and n > tonumber(kind.from) then
    local marks, forgotten = mark(kind)
    put('m', marks)
    if forgotten > kind.forgotten then
      kind.forgotten = forgotten
      put('h', forgotten)
      if kind.perId ~= 1 then
        call('XTRIM', kind.events, 'MINID', '~', idOf(forgotten + 1, kind.epoch, kind.before, kind.branches))
      end
    end
  end
  call(unpack(set))
  if kind.perId == 1 then
    local excess = kind.perType > 0 and call('XLEN', kind.events) - kind.perType or 0
    if excess > 0 then drop(kind, call('XRANGE', kind.events, '-', '+', 'COUNT', math.min(excess, 256))) end
    if kind.forgotten > FIRST_NUMBER then
      local last = idOf(kind.forgotten, kind.epoch, kind.before, kind.branches)
      drop(kind, call('XRANGE', kind.events, '-', last, 'COUNT', 64))
    end
  else
    if kind.perType > 0 and math.floor(n / 64) > math.floor(kind.from / 64) then
      call('XTRIM', kind.events, 'MAXLEN', '~', kind.perType)
    end
    local floor = max(kind.forgotten, kind.perType > 0 and n - kind.perType or 0)
    if floor > FIRST_NUMBER and math.floor(n / 128) > math.floor(kind.from / 128) and call('HLEN', kind.index) > 1024 then
      local found = call('HSCAN', kind.index, call('HGET', kind.index, 's') or 0, 'COUNT', 256)
      local fields, last = {}, tonumber(kind.gone)
      for i = 1, #found[2], 2 do
        local number = sub(found[2][i], 1, 1) == ':' and tonumber(match(found[2][i + 1], '^%d+'))
        if number and number <= floor then
          fields[#fields + 1] = found[2][i]
          last = max(last, number)
        end
      end
      if #fields > 0 then call('HDEL', kind.index, unpack(fields)) end
      call('HSET', kind.index, 's', found[1], 'g', last)
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
