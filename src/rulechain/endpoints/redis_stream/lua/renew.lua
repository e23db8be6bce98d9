-- Keeps entries alive: sets the idle time of those that are still this consumer's back to zero.
--
-- KEYS  the stream
-- ARGV  group, consumer, ids
-- Reply the ids that another consumer has taken over, or that are settled.
--
-- A bare XCLAIM would take back what was rightly taken over while this consumer slept, and since Redis 7 (where scripts
-- know the version) it would forget what was deleted. That cannot be kept from idling: instead this consumer gives a sign
-- of life, which claims look for.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group, consumer = KEYS[1], ARGV[1], ARGV[2]
-- Behind this ID, and so behind every entry, there is nothing to read; to have asked is the sign of life.
local last_id = '18446744073709551615-18446744073709551614'
local gone, is_seen = {}, false
for i = 3, #ARGV do
  local id = ARGV[i]
  local mine = redis.pcall('XPENDING', key, group, id, id, 1, consumer)
  if mine.err then
    return mine
  end
  if #mine == 0 then
    gone[#gone + 1] = id
  elseif redis.REDIS_VERSION_NUM and #redis.call('XRANGE', key, id, id) == 0 then
    if not is_seen then
      redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', key, last_id)
      is_seen = true
    end
  else
    redis.call('XCLAIM', key, group, consumer, 0, id, 'JUSTID')
  end
end
return gone
