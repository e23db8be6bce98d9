-- Gives entries up: those still this consumer's look as if they had been idle for long, so that others take them at once.
--
-- KEYS  the stream
-- ARGV  group, consumer, idle time in ms, then id and delivery count per entry
-- Reply the number of entries given up, then the ids of those that were deleted: nobody could work on them.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local reply = {0}
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  local mine = redis.pcall('XPENDING', key, group, id, id, 1, consumer)
  if mine.err then
    return mine
  end
  if #mine > 0 and #redis.call('XRANGE', key, id, id) == 0 then
    reply[#reply + 1] = id
  elseif #mine > 0 then
    redis.call('XCLAIM', key, group, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', ARGV[i + 1], 'JUSTID')
    reply[1] = reply[1] + 1
  end
end
return reply
