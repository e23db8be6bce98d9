-- Settles a batch of entries in one step: per entry acknowledge, write its responses or its dead letter, delete it.
--
-- KEYS  the streams the entries come from, and those that responses and dead letters go to
-- ARGV  group, consumer, "1" to delete what is settled or "2" where the server knows what every group is done with, the
--       MAXLEN of capped streams or "", and one or more lists of entries in MessagePack, which costs both sides less than
--       an argument for each value. Per entry
--         its key, id, delivery count or nil if it was acknowledged before, its writes, and per write
--           its key, names and values in turn, whether the stream is capped
-- Reply the number of entries settled here, then position, reason and state of each other one. The reason is empty where
--       another consumer was first, else it is the error of the write that failed. The entry is pending again, unless the
--       state is "lost": it was deleted, and no server makes such an entry pending.
--
-- XACK is the fence. It cares for no owner: whoever commits first has settled, and what the other would write is dropped.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local group, consumer, deletes, max_len = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local settled, reply, ids_by_key = 0, {0}, {}

-- `unpack` fails beyond about 8,000 values, and a script that fails here has acknowledged already.
local most_unpacked = 1000

local function add(key, fields, is_capped)
  if is_capped and max_len ~= '' then
    return redis.pcall('XADD', key, 'MAXLEN', '~', max_len, '*', unpack(fields))
  end
  return redis.pcall('XADD', key, '*', unpack(fields))
end

-- Takes back what was written for an entry and makes the entry pending again, as it was; the reply has its id.
local function undo(written, key, id, deliveries)
  for i = 1, #written, 2 do
    redis.pcall('XDEL', written[i], written[i + 1])
  end
  return redis.pcall('XCLAIM', key, group, consumer, 0, id, 'RETRYCOUNT', deliveries, 'FORCE', 'JUSTID')
end

-- All is unpacked before anything is acknowledged: what cannot be must not leave half a batch behind.
local batch = cmsgpack.unpack(ARGV[5])
for i = 6, #ARGV do
  for _, entry in ipairs(cmsgpack.unpack(ARGV[i])) do
    batch[#batch + 1] = entry
  end
end

for position, entry in ipairs(batch) do
  local key, id, deliveries, writes = entry[1], entry[2], entry[3], entry[4]
  local acked = not deliveries or redis.pcall('XACK', key, group, id)
  local failure = type(acked) == 'table' and acked.err or acked == 0 and ''
  local state, written = '', {}
  for _, write in ipairs(failure and {} or writes) do
    local target = write[1]
    local added = add(target, write[2], write[3])
    if type(added) == 'table' then
      failure = added.err
      local back = not deliveries and {} or undo(written, key, id, deliveries)
      if back.err then
        failure = failure .. '; it could not be made pending again: ' .. back.err
      end
      state = #back == 0 and 'lost' or ''
      break
    end
    written[#written + 1] = target
    written[#written + 1] = added
  end
  if failure then
    reply[#reply + 1] = position - 1
    reply[#reply + 1] = failure
    reply[#reply + 1] = state
  else
    settled = settled + 1
    local ids = ids_by_key[key] or {}
    ids_by_key[key] = ids
    ids[#ids + 1] = id
  end
end
reply[1] = settled

-- Whether the first of two entry IDs is not after the second; their parts may exceed what a Lua number holds.
local function is_read(id, last_read)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  local last_ms, last_seq = string.match(last_read, '(%d+)-(%d+)')
  if ms ~= last_ms then
    return #ms < #last_ms or (#ms == #last_ms and ms < last_ms)
  end
  return #seq < #last_seq or (#seq == #last_seq and seq <= last_seq)
end

-- Whether no other group still needs an entry: each has read past it and holds it nowhere pending.
local function is_free(key, others, id)
  for _, other in ipairs(others) do
    if not is_read(id, other['last-delivered-id']) then
      return false
    end
    if #redis.pcall('XPENDING', key, other.name, id, id, 1) > 0 then
      return false
    end
  end
  return true
end

local function other_groups(key)
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  if groups.err then
    return nil
  end
  local others = {}
  for _, facts in ipairs(groups) do
    local other = {}
    for i = 1, #facts, 2 do
      other[facts[i]] = facts[i + 1]
    end
    if other.name ~= group then
      others[#others + 1] = other
    end
  end
  return others
end

-- Deletes what every group has acknowledged; false where the server has no such command, or keeps it from us.
local function delete_acked(key, ids)
  for first = 1, #ids, most_unpacked do
    local count = math.min(most_unpacked, #ids - first + 1)
    if redis.pcall('XDELEX', key, 'ACKED', 'IDS', count, unpack(ids, first, first + count - 1)).err then
      return false
    end
  end
  return true
end

-- The same, by looking at each group.
local function delete_free(key, ids)
  local others = other_groups(key)
  if not others then
    return
  end
  local free = ids
  if #others > 0 then
    free = {}
    for _, id in ipairs(ids) do
      if is_free(key, others, id) then
        free[#free + 1] = id
      end
    end
  end
  for first = 1, #free, most_unpacked do
    redis.pcall('XDEL', key, unpack(free, first, math.min(first + most_unpacked - 1, #free)))
  end
end

if deletes ~= '0' then
  for key, ids in pairs(ids_by_key) do
    if deletes == '1' or not delete_acked(key, ids) then
      delete_free(key, ids)
    end
  end
end

return reply
