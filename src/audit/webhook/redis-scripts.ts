import type { Redis } from 'ioredis'
import { openRedis } from '../../redis.js'

/**
 * Adds an event with a number that counts over all streams. Where there is no room, the oldest of the lowest rank go,
 * and events that count them by type take their place, all at once: replicas do this at the same moment.
 *
 * KEYS: the streams by rank, refused, counters. ARGV: rank, event, most, how many to drop, now, an id for what stands
 * for them, whose last digits count
 */
const ADD = `
local function append(stream, event)
  return redis.call('XADD', stream, redis.call('HINCRBY', KEYS[5], 'last', 1) .. '-0', 'event', event)
end
local total, lowest = 0, nil
for i = 1, 3 do
  local length = redis.call('XLEN', KEYS[i])
  total = total + length
  if length > 0 and not lowest then lowest = i end
end
local rank = tonumber(ARGV[1])
if total >= tonumber(ARGV[3]) then
  if lowest > rank or (lowest == 3 and rank == 3) then return redis.error_reply('NOROOM') end
  local byType, types, dropped = {}, {}, 0
  for _, entry in ipairs(redis.call('XRANGE', KEYS[lowest], '-', '+', 'COUNT', ARGV[4])) do
    local event = cjson.decode(entry[2][2])
    local kind, first, last = event.dropped or event.type, event.since or event.time, event['until'] or event.time
    local sum = byType[kind]
    if not sum then
      sum = { count = 0, since = first, ['until'] = last }
      byType[kind] = sum
      types[#types + 1] = kind
    end
    sum.count = sum.count + (event.count or 1)
    if first < sum.since then sum.since = first end
    if last > sum['until'] then sum['until'] = last end
    redis.call('XDEL', KEYS[lowest], entry[1])
    dropped = dropped + 1
  end
  for i, kind in ipairs(types) do
    local sum = byType[kind]
    append(KEYS[math.min(lowest + 1, 3)], cjson.encode({ id = string.sub(ARGV[6], 1, -3) .. string.format('%02x', i), type = 'audit.dropped', time = ARGV[5], dropped = kind, count = sum.count, since = sum.since, ['until'] = sum['until'] }))
  end
  redis.call('HINCRBY', KEYS[5], 'dropped', dropped)
end
return append(KEYS[rank], ARGV[2])`

const SET_ASIDE = `
for i = 1, 3 do
  if redis.call('XDEL', KEYS[i], ARGV[1]) == 1 then
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'rank', i, 'event', ARGV[2])
    return 1
  end
end
return 0`

/** What was refused before is tried again. */
const TRY_AGAIN = `
for _, entry in ipairs(redis.call('XRANGE', KEYS[4], '-', '+')) do
  redis.call('XADD', KEYS[tonumber(entry[2][2])], redis.call('HINCRBY', KEYS[5], 'last', 1) .. '-0', 'event', entry[2][4])
end
return redis.call('DEL', KEYS[4])`

const TAKE_LEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`

const END_LEASE = 'if redis.call(\'GET\', KEYS[1]) == ARGV[1] then return redis.call(\'DEL\', KEYS[1]) end return 0'

interface Scripts {
  auditAdd (...args: string[]): Promise<string>
  auditSetAside (...args: string[]): Promise<number>
  auditTryAgain (...args: string[]): Promise<number>
  auditTakeLease (...args: string[]): Promise<number>
  auditEndLease (...args: string[]): Promise<number>
}

/** Commands finish in time or fail. It reconnects by itself. @throws AUTH_PACKAGE_MISSING */
export async function connect (url: string): Promise<Redis & Scripts> {
  const client = await openRedis(url, { neededBy: 'audit.webhook.outbox.redisUrl' })
  client.defineCommand('auditAdd', { numberOfKeys: 5, lua: ADD })
  client.defineCommand('auditSetAside', { numberOfKeys: 5, lua: SET_ASIDE })
  client.defineCommand('auditTryAgain', { numberOfKeys: 5, lua: TRY_AGAIN })
  client.defineCommand('auditTakeLease', { numberOfKeys: 1, lua: TAKE_LEASE })
  client.defineCommand('auditEndLease', { numberOfKeys: 1, lua: END_LEASE })
  return client as Redis & Scripts
}
