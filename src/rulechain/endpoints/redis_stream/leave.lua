-- Removes consumers that hold nothing; removing one that does would discard its pending entries.
--
-- KEYS  the stream
-- ARGV  group, consumers
-- Reply the number of consumers removed.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group = KEYS[1], ARGV[1]
local removed = 0
for i = 2, #ARGV do
  local pending = redis.pcall('XPENDING', key, group, '-', '+', 1, ARGV[i])
  if pending.err then
    return pending
  end
  if #pending == 0 then
    redis.call('XGROUP', 'DELCONSUMER', key, group, ARGV[i])
    removed = removed + 1
  end
end
return removed
