--[[
  Reads a user's state for a leader and closes the door behind it: whatever was computed from the state before, by a
  deposed leader or by a write of our own that is still on its way, can no longer be committed.

  KEYS  1 state  hash
  ARGV  1 epoch of the leader   2 commit token to leave, `<epoch>.<n>`

  Returns { 1, field, value, ... }  the state as read, before the token was left
          { 0, epoch }              a leader of a later epoch was here; nothing changed
]]
local commit = redis.call('HGET', KEYS[1], 'commit')
local epoch = tonumber(commit and string.match(commit, '^%d+') or '0')
if epoch > tonumber(ARGV[1]) then
  return { 0, epoch }
end
local state = redis.call('HGETALL', KEYS[1])
redis.call('HSET', KEYS[1], 'commit', ARGV[2])
table.insert(state, 1, 1)
return state
