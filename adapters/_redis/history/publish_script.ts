import { scriptOf } from "./open_script.ts";

/**
 * Publishes events, and keeps those of declared types.
 *
 * Keys: the stream and the hash of each type. Arguments: the run id of the server; the publisher; the number of the script; a
 * random number; the number of types; for each type its channel up to the id, and its bounds; for each event a code, its id,
 * and its message without the first brace. The code is the type plus 64 times the number of bytes before the payload, or 0
 * for these if all of the message is kept. An event of type 0 is only published, on its id as the channel.
 *
 * Answers `old` if the number is not newer, and `other` if the server is another one. Else answers with the most receivers
 * that an event had, then the index and the error of each event that was refused.
 */
export const PUBLISH_SCRIPT: string = scriptOf(`
local who, count, seed = 'w' .. ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[4])
local start = 6 + 2 * count
local gets, kinds = {}, {}
for t = 1, count do
  gets[t] = { 'HMGET', KEYS[2 * t], 'e', 'r', 'R', 'n', 'g', 'd', 'm', 'k', 'a', 'f', 'b', 'z', 'h', who }
end
for i = start, #ARGV, 3 do
  local get = gets[ARGV[i] % 64]
  if get then get[#get + 1] = ':' .. ARGV[i + 1] end
end
for t = 1, count do
  local events, index, get = KEYS[2 * t - 1], KEYS[2 * t], gets[t]
  local v = call(unpack(get))
  if t == 1 and v[14] and tonumber(v[14]) >= tonumber(ARGV[3]) then return 'old' end
  if v[2] ~= replid or (tonumber(v[4]) > FIRST and call('EXISTS', events) == 0) then
    open(events, index, seed, ARGV[5 + 2 * t])
    v = call(unpack(get))
  end
  if v[3] ~= ARGV[1] then return 'other' end
  local perId, perType, ttl = match(v[6], '^(%d+) (%d+) (%d+)$')
  local kind = { events = events, index = index, channel = ARGV[4 + 2 * t], epoch = v[1], n = tonumber(v[4]), from = v[4],
    gone = v[5], marks = v[7], at = '{"at":"' .. v[8] .. '.', before = tonumber(v[9]), floor = tonumber(v[10]),
    branches = v[11], size = tonumber(v[12] or 0), forgotten = tonumber(v[13]), perId = tonumber(perId),
    perType = tonumber(perType), ttl = tonumber(ttl), last = {}, written = {}, largest = 0 }
  for i = 15, #v do kind.last[get[i + 2]] = v[i] end
  kinds[t] = kind
end
local answer, receivers = { 0 }, 0
for i = start, #ARGV, 3 do
  local code, id, text = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  local t = code % 64
  local kind, heard = kinds[t], nil
  if not kind then heard = redis.pcall('PUBLISH', id, '{' .. text)
  else
    local n = kind.n + 1
    heard = redis.pcall('PUBLISH', kind.channel .. id, kind.at .. n .. '",' .. text)
    if type(heard) == 'number' then
      local field, name, kept, cut = ':' .. id, 'w', text, (code - t) / 64
      if cut > 0 then name, kept = 'e', sub(text, cut + 1, -2) end
      local last, entry = kind.last[field], kind.epoch .. '-' .. n
      kind.n = n
      if #kept > kind.largest then kind.largest = #kept end
      if kind.perId == 1 then
        local replaced = last and tonumber(match(last, '^%d+'))
        if replaced then
          call('XDEL', kind.events, idOf(replaced, kind.epoch, kind.before, kind.branches))
          if replaced > kind.floor then kind.floor = replaced end
        end
        call('XADD', kind.events, entry, 'i', id)
        last = n .. ' ' .. (replaced or kind.gone) .. (name == 'e' and ' ' or '!') .. kept
      elseif kind.perId == 0 then
        call('XADD', kind.events, entry, 'p', last or kind.gone, 'i', id, name, kept)
        last = n
      else
        local before, count = match(last or kind.gone, '^(%d+):?(%d*)$')
        count = (tonumber(count) or 0) + 1
        if count > kind.perId and kind.floor == FIRST then kind.floor = n end
        call('XADD', kind.events, entry, 'p', before .. ':' .. count, 'i', id, name, kept)
        last = n .. ':' .. count
      end
      kind.last[field], kind.written[field] = last, last
    end
  end
  if type(heard) == 'table' then
    answer[#answer + 1] = (i - start) / 3
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
for t, kind in ipairs(kinds) do
  local n, set = kind.n, { 'HSET', kind.index, 'n', kind.n }
  local function put(field, value)
    set[#set + 1] = field
    set[#set + 1] = value
  end
  if t == 1 then put(who, ARGV[3]) end
  for field, value in pairs(kind.written) do put(field, value) end
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
    if kind.forgotten > FIRST then
      local last = idOf(kind.forgotten, kind.epoch, kind.before, kind.branches)
      drop(kind, call('XRANGE', kind.events, '-', last, 'COUNT', 64))
    end
  else
    if kind.perType > 0 and math.floor(n / 64) > math.floor(kind.from / 64) then
      call('XTRIM', kind.events, 'MAXLEN', '~', kind.perType)
    end
    local floor = max(kind.forgotten, kind.perType > 0 and n - kind.perType or 0)
    if floor > FIRST and math.floor(n / 128) > math.floor(kind.from / 128) and call('HLEN', kind.index) > 1024 then
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
`);
