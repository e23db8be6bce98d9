-- Takes entries that are pending, from this consumer's own list or from others', and says how often each was delivered.
--
-- KEYS  the stream
-- ARGV  group, consumer, whose entries ("" for anybody's), least idle time in ms, first id, last id,
--       most entries, "1" if XPENDING can filter by idle time (Redis 6.2), delivery limit,
--       "1" if an entry that has reached the limit may be taken, ids that are not to be touched
-- Reply "(" and the id behind which to go on, or "" at the end; "1" if an entry was left because it must be taken alone;
--       then per entry id, delivery count, fields.
--       An entry whose fields are false was deleted; one whose count is above the limit plus one has been taken alone and
--       was not settled even so. Neither is claimed: what is left is to write a dead letter.
--
-- One script, so that an entry is looked at and claimed in the same step, whichever commands the server has: before
-- Redis 7 an XCLAIM of a deleted entry leaves it pending, later ones forget it without a word.
-- Before Redis 7 a script that reads what may differ on a replica may only write if its effects are replicated.
if redis.replicate_commands then
  redis.replicate_commands()
end

local key, group, consumer, owner, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local first, last, most, filters = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8] == '1'
local limit, takes_last = tonumber(ARGV[9]), ARGV[10] == '1'
local untouched = {}
for i = 11, #ARGV do
  untouched[ARGV[i]] = true
end

local command = {'XPENDING', key, group}
if filters and idle > 0 then
  command[#command + 1] = 'IDLE'
  command[#command + 1] = idle
end
command[#command + 1] = first
command[#command + 1] = last
command[#command + 1] = most
if owner ~= '' then
  command[#command + 1] = owner
end
local pending = redis.pcall(unpack(command))
if pending.err then
  return pending
end

local silence = nil

-- Whether a consumer has given no sign of life for as long. An entry that was deleted cannot be kept from idling, but
-- who holds it may still be at work on it, and will answer it.
local function is_silent(name)
  if name == consumer then
    return true
  end
  if not silence then
    silence = {}
    for _, flat in ipairs(redis.pcall('XINFO', 'CONSUMERS', key, group)) do
      local facts = {}
      for i = 1, #flat, 2 do
        facts[flat[i]] = flat[i + 1]
      end
      silence[facts.name] = facts.idle
    end
  end
  return not silence[name] or silence[name] >= idle
end

local reply = {#pending == most and '(' .. pending[#pending][1] or '', ''}
for _, row in ipairs(pending) do
  local id, deliveries = row[1], tonumber(row[4])
  if tonumber(row[3]) >= idle and not untouched[id] then
    local found = redis.call('XRANGE', key, id, id)
    local fields = found[1] and found[1][2] or false
    if not fields then
      if is_silent(row[2]) then
        reply[#reply + 1] = {id, deliveries, fields}
      end
    elseif deliveries > limit then
      reply[#reply + 1] = {id, deliveries + 1, fields}
    elseif deliveries < limit or takes_last then
      redis.call('XCLAIM', key, group, consumer, idle, id, 'RETRYCOUNT', deliveries + 1, 'JUSTID')
      reply[#reply + 1] = {id, deliveries + 1, fields}
      takes_last = takes_last and deliveries < limit
    else
      reply[2] = '1'
    end
  end
end
return reply
