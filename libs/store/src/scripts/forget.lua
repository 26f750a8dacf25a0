--[[
  Forgets a user or a trade room: deletes all its keys, unless it changed since it was looked at.

  KEYS  1 state  hash     2.. what else there is of it, in the same slot
  ARGV  1 version         2 commit token, both as read

  Returns 1   forgotten
          0   the state is another one now; nothing changed

  The streams' last ids go, too. They are not missed: a commit compares `version` and `commit` first, a state that is not
  there has neither, and no writer ever builds on an empty token.
]]
local now = redis.call('HMGET', KEYS[1], 'version', 'commit')
if (now[1] or '') ~= ARGV[1] or (now[2] or '') ~= ARGV[2] then
  return 0
end
redis.call('UNLINK', unpack(KEYS))
return 1
