-- Removes consumers that hold nothing; removing one that does would discard its pending entries.
--
-- KEYS  the stream
-- ARGV  group, consumer, "" to remove this consumer, or to remove all others: how long they must have been silent in ms
-- Reply the number of consumers removed.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group, consumer, silence = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local consumers = redis.pcall('XINFO', 'CONSUMERS', key, group)
if consumers.err then
  return consumers
end

local removed = 0
for _, flat in ipairs(consumers) do
  local facts = {}
  for i = 1, #flat, 2 do
    facts[flat[i]] = flat[i + 1]
  end
  local is_meant = facts.name == consumer
  if silence then
    is_meant = facts.name ~= consumer and facts.idle >= silence
  end
  if is_meant and facts.pending == 0 then
    redis.call('XGROUP', 'DELCONSUMER', key, group, facts.name)
    removed = removed + 1
  end
end
return removed
