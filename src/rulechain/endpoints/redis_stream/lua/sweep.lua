-- Deletes entries that every group has read and acknowledged, the oldest first.
--
-- KEYS  the stream
-- ARGV  the id to begin with, the most entries to delete, how many entries the stream may keep
-- Reply the first id that some group is not done with, or "(" and the id before it, and the number of entries deleted.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, first, most, kept = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local groups = redis.pcall('XINFO', 'GROUPS', key)
if groups.err then
  return groups
end

-- Whether the first of two entry IDs comes before the second; their parts may exceed what a Lua number holds.
local function is_before(id, other)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  local other_ms, other_seq = string.match(other, '(%d+)-(%d+)')
  if ms ~= other_ms then
    return #ms < #other_ms or (#ms == #other_ms and ms < other_ms)
  end
  return #seq < #other_seq or (#seq == #other_seq and seq < other_seq)
end

local floor, needed = nil, nil
for _, flat in ipairs(groups) do
  local facts = {}
  for i = 1, #flat, 2 do
    facts[flat[i]] = flat[i + 1]
  end
  local delivered = facts['last-delivered-id']
  local oldest = redis.call('XPENDING', key, facts.name)[2]
  if oldest and (not needed or is_before(oldest, needed)) then
    needed = oldest
  end
  if not floor or is_before(delivered, floor) then
    floor = delivered
  end
end
if not floor then
  return {first, 0}
end

most = math.min(most, redis.call('XLEN', key) - kept)
local free = {}
if most > 0 then
  for _, entry in ipairs(redis.call('XRANGE', key, first, floor, 'COUNT', most)) do
    if needed and not is_before(entry[1], needed) then
      break
    end
    free[#free + 1] = entry[1]
  end
end
if #free > 0 and type(redis.pcall('XDEL', key, unpack(free))) == 'table' then
  free = {}
end
-- What is needed has been delivered, but perhaps not to every group.
if needed and not is_before(floor, needed) then
  return {needed, #free}
end
return {'(' .. floor, #free}
