-- Takes a dead letter off its stream and writes what becomes of it, unless somebody else has taken it meanwhile.
--
-- KEYS  the dead-letter stream, the streams that are written to
-- ARGV  the dead letter's id, then per write index of its key, number of arguments, the arguments of XADD
-- Reply the ids of what was written, or false where the dead letter was gone.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local dead, id = KEYS[1], ARGV[1]
if #redis.call('XRANGE', dead, id, id) == 0 then
  return false
end
local written, ids, at = {}, {}, 2
while at <= #ARGV do
  local key, count = KEYS[tonumber(ARGV[at])], tonumber(ARGV[at + 1])
  local new = redis.pcall('XADD', key, '*', unpack(ARGV, at + 2, at + 1 + count))
  if type(new) == 'table' then
    for i = 1, #written do
      redis.pcall('XDEL', written[i], ids[i])
    end
    return new
  end
  written[#written + 1] = key
  ids[#ids + 1] = new
  at = at + 2 + count
end
redis.call('XDEL', dead, id)
return ids
