-- Keeps entries alive: sets the idle time of those that are still this consumer's back to zero.
--
-- KEYS  the stream
-- ARGV  group, consumer, ids
-- Reply the ids that another consumer has taken over, or that are settled.
--
-- A bare XCLAIM would take back what was rightly taken over while this consumer slept.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local gone = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local mine = redis.pcall('XPENDING', key, group, id, id, 1, consumer)
  if mine.err then
    return mine
  end
  if #mine == 0 then
    gone[#gone + 1] = id
  else
    redis.call('XCLAIM', key, group, consumer, 0, id, 'JUSTID')
  end
end
return gone
