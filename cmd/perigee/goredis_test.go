package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/push"

	"perigee/engine/reference"
)

// The tests here drive a server through go-redis, as a program would: what they
// hold us to is that its typed replies parse, in either version of the protocol.

// goRedis is go-redis on a server of the test's own.
type goRedis struct {
	*redis.Client
	t   *testing.T
	ctx context.Context
}

// eachProtocol runs a test over RESP2 and RESP3.
func eachProtocol(t *testing.T, test func(r goRedis)) {
	server := startServer(t, "--ephemeral", "--modules", writeModule(t, "counter.lua", counterModule))
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			r := dialGoRedis(t, &redis.Options{Network: "unix", Addr: server.socket, Protocol: protocol})
			must(r.FlushAll(r.ctx))
			test(r)
		})
	}
}

func dialGoRedis(t *testing.T, options *redis.Options) goRedis {
	options.ClientName = "tester"
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return goRedis{client, t, t.Context()}
}

// is reports a reply that is not what was expected.
func is[T any](r goRedis, what string, want T, reply interface{ Result() (T, error) }) {
	r.t.Helper()
	got, err := reply.Result()
	if err != nil {
		r.t.Errorf("%s: %v", what, err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("%s: %s", what, diff)
	}
}

// must is for commands that prepare something.
func must(reply interface{ Err() error }) {
	if err := reply.Err(); err != nil {
		panic(err)
	}
}

func TestGoRedisConnects(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		is(r, "PING", "PONG", r.Ping(r.ctx))
		is(r, "CLIENT GETNAME", "tester", r.ClientGetName(r.ctx))
		info, err := r.ClientInfo(r.ctx).Result()
		if err != nil || info.Name != "tester" || info.LibName == "" || info.LibVer == "" {
			t.Errorf("CLIENT INFO: %+v, %v", info, err)
		}
		list, err := r.ClientList(r.ctx).Result()
		if err != nil || !strings.Contains(list, "name=tester") {
			t.Errorf("CLIENT LIST: %s, %v", list, err)
		}
		hello, err := r.Do(r.ctx, "HELLO").Result()
		if err != nil || !strings.Contains(fmt.Sprint(hello), "redis") {
			t.Errorf("HELLO: %v, %v", hello, err)
		}
		if at, err := r.Time(r.ctx).Result(); err != nil || time.Since(at).Abs() > time.Hour {
			t.Errorf("TIME: %v, %v", at, err)
		}
	})
}

func TestGoRedisReadsWhatTheServerIs(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		is(r, "CONFIG GET", map[string]string{"hz": "10"}, r.ConfigGet(r.ctx, "hz"))
		is(r, "CONFIG SET", "OK", r.ConfigSet(r.ctx, "slowlog-log-slower-than", "0"))
		log, err := r.SlowLogGet(r.ctx, -1).Result()
		if err != nil || len(log) == 0 || log[0].ClientName != "tester" {
			t.Errorf("SLOWLOG GET: %+v, %v", log, err)
		}
		must(r.ConfigSet(r.ctx, "slowlog-log-slower-than", "10000"))
		must(r.Set(r.ctx, "k", "v", time.Hour))
		info, err := r.InfoMap(r.ctx).Result()
		if err != nil || info["Server"]["redis_mode"] != "standalone" || !strings.HasPrefix(info["Keyspace"]["db0"], "keys=1,expires=1,") {
			t.Errorf("INFO: %v, %v", info, err)
		}
		commands, err := r.Command(r.ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		if set := commands["set"]; set == nil || set.Arity != -3 || set.ReadOnly || set.FirstKeyPos != 1 || !slices.Contains(set.ACLFlags, "@string") {
			t.Errorf("COMMAND: set is %+v", set)
		}
		if hit := commands["counter.hit"]; hit == nil || hit.Arity != 3 {
			t.Errorf("COMMAND: the module's command is %+v", hit)
		}
		is(r, "COMMAND GETKEYS", []string{"a", "b"}, r.CommandGetKeys(r.ctx, "MSET", "a", "1", "b", "2"))
		names, err := r.CommandList(r.ctx, &redis.FilterBy{Pattern: "zrange*"}).Result()
		slices.Sort(names)
		if err != nil || !slices.Equal(names, []string{"zrange", "zrangebylex", "zrangebyscore", "zrangestore"}) {
			t.Errorf("COMMAND LIST: %v, %v", names, err)
		}
		if size, err := r.MemoryUsage(r.ctx, "k").Result(); err != nil || size < 1 {
			t.Errorf("MEMORY USAGE: %d, %v", size, err)
		}
	})
}

func TestGoRedisStrings(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		is(r, "SET", "OK", r.Set(r.ctx, "s", "ohmytext", 0))
		is(r, "GET", "ohmytext", r.Get(r.ctx, "s"))
		if err := r.Get(r.ctx, "none").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("GET of no key: %v", err)
		}
		is(r, "SET NX", false, r.SetNX(r.ctx, "s", "x", time.Minute))
		is(r, "SET GET", "ohmytext", r.SetArgs(r.ctx, "s", "ohmytext", redis.SetArgs{Get: true, TTL: time.Minute}))
		is(r, "TTL", time.Minute, r.TTL(r.ctx, "s"))
		is(r, "GETEX", "ohmytext", r.GetEx(r.ctx, "s", 0))
		is(r, "TTL after PERSIST", time.Duration(-1), r.TTL(r.ctx, "s"))
		is(r, "INCRBYFLOAT", 0.5, r.IncrByFloat(r.ctx, "f", 0.5))
		is(r, "MSET", "OK", r.MSet(r.ctx, map[string]any{"n": 7, "t": "mynewtext"}))
		is(r, "MGET", []any{"7", nil, "mynewtext"}, r.MGet(r.ctx, "n", "none", "t"))
		is(r, "LCS", &redis.LCSMatch{Len: 6, Matches: []redis.LCSMatchedPosition{
			{Key1: redis.LCSPosition{Start: 4, End: 7}, Key2: redis.LCSPosition{Start: 5, End: 8}, MatchLen: 4},
		}}, r.LCS(r.ctx, &redis.LCSQuery{Key1: "s", Key2: "t", Idx: true, MinMatchLen: 4, WithMatchLen: true}))
		is(r, "EXPIRE NX", true, r.ExpireNX(r.ctx, "s", time.Hour))
		is(r, "EXPIRE GT", false, r.ExpireGT(r.ctx, "s", time.Minute))
		is(r, "OBJECT ENCODING", "embstr", r.ObjectEncoding(r.ctx, "s"))
		is(r, "TYPE", "string", r.Type(r.ctx, "s"))
		if err := r.LPush(r.ctx, "s", "x").Err(); err == nil || !redis.HasErrorPrefix(err, "WRONGTYPE") {
			t.Errorf("LPUSH to a string: %v", err)
		}
	})
}

func TestGoRedisHashes(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		type person struct {
			Name string  `redis:"name"`
			Age  int     `redis:"age"`
			Pi   float64 `redis:"pi"`
		}
		ada := person{"Ada", 36, 3.14}
		is(r, "HSET", int64(3), r.HSet(r.ctx, "h", ada))
		is(r, "HGETALL", map[string]string{"name": "Ada", "age": "36", "pi": "3.14"}, r.HGetAll(r.ctx, "h"))
		var got person
		if err := r.HGetAll(r.ctx, "h").Scan(&got); err != nil || got != ada {
			t.Errorf("HGETALL scanned: %+v, %v", got, err)
		}
		is(r, "HMGET", []any{"Ada", nil}, r.HMGet(r.ctx, "h", "name", "none"))
		is(r, "HINCRBYFLOAT", 36.5, r.HIncrByFloat(r.ctx, "h", "age", 0.5))
		is(r, "HRANDFIELD", []redis.KeyValue{{Key: "x", Value: "1"}}, func() *redis.KeyValueSliceCmd {
			must(r.HSet(r.ctx, "one", "x", 1))
			return r.HRandFieldWithValues(r.ctx, "one", 5)
		}())
		is(r, "HEXISTS", true, r.HExists(r.ctx, "h", "pi"))
		is(r, "HDEL", int64(3), r.HDel(r.ctx, "h", "name", "age", "pi"))
		is(r, "EXISTS", int64(0), r.Exists(r.ctx, "h"))
	})
}

func TestGoRedisListsAndSets(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		is(r, "RPUSH", int64(4), r.RPush(r.ctx, "l", "a", "b", "c", "b"))
		is(r, "LRANGE", []string{"a", "b", "c", "b"}, r.LRange(r.ctx, "l", 0, -1))
		is(r, "LPOS", []int64{1, 3}, r.LPosCount(r.ctx, "l", "b", 0, redis.LPosArgs{}))
		is(r, "LMOVE", "b", r.LMove(r.ctx, "l", "m", "right", "left"))
		key, elements, err := r.LMPop(r.ctx, "left", 2, "none", "l").Result()
		if err != nil || key != "l" || !slices.Equal(elements, []string{"a", "b"}) {
			t.Errorf("LMPOP: %s, %v, %v", key, elements, err)
		}
		is(r, "SORT", []string{"3", "2", "1"}, func() *redis.StringSliceCmd {
			must(r.RPush(r.ctx, "n", 2, 3, 1))
			return r.Sort(r.ctx, "n", &redis.Sort{Order: "DESC"})
		}())

		is(r, "SADD", int64(3), r.SAdd(r.ctx, "s", 1, 2, 3))
		is(r, "SMEMBERS", map[string]struct{}{"1": {}, "2": {}, "3": {}}, r.SMembersMap(r.ctx, "s"))
		is(r, "SMISMEMBER", []bool{true, false}, r.SMIsMember(r.ctx, "s", 1, 9))
		is(r, "SINTERCARD", int64(1), r.SInterCard(r.ctx, 0, "s", func() string { must(r.SAdd(r.ctx, "u", 3, 4)); return "u" }()))
		is(r, "SDIFFSTORE", int64(2), r.SDiffStore(r.ctx, "d", "s", "u"))
		is(r, "SPOP", "4", r.SPop(r.ctx, func() string { must(r.SRem(r.ctx, "u", 3)); return "u" }()))
	})
}

func TestGoRedisSortedSets(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		is(r, "ZADD", int64(3), r.ZAdd(r.ctx, "z", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: 3, Member: "c"}))
		is(r, "ZADD GT CH", int64(1), r.ZAddArgs(r.ctx, "z", redis.ZAddArgs{GT: true, Ch: true, Members: []redis.Z{{Score: 0, Member: "a"}, {Score: 4, Member: "c"}}}))
		is(r, "ZADD INCR", 3.5, r.ZAddArgsIncr(r.ctx, "z", redis.ZAddArgs{Members: []redis.Z{{Score: 1, Member: "b"}}}))
		is(r, "ZRANGE", []string{"a", "b", "c"}, r.ZRange(r.ctx, "z", 0, -1))
		is(r, "ZRANGE WITHSCORES", []redis.Z{{Score: 4, Member: "c"}, {Score: 3.5, Member: "b"}}, r.ZRangeArgsWithScores(r.ctx, redis.ZRangeArgs{Key: "z", Start: "+inf", Stop: "(1", ByScore: true, Rev: true}))
		is(r, "ZRANK WITHSCORE", redis.RankScore{Rank: 1, Score: 3.5}, r.ZRankWithScore(r.ctx, "z", "b"))
		is(r, "ZSCORE", 3.5, r.ZScore(r.ctx, "z", "b"))
		if err := r.ZRank(r.ctx, "z", "none").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("ZRANK of no member: %v", err)
		}
		must(r.ZAdd(r.ctx, "y", redis.Z{Score: 10, Member: "b"}))
		is(r, "ZUNIONSTORE", int64(3), r.ZUnionStore(r.ctx, "u", &redis.ZStore{Keys: []string{"z", "y"}, Weights: []float64{1, 2}}))
		is(r, "ZINTER", []redis.Z{{Score: 13.5, Member: "b"}}, r.ZInterWithScores(r.ctx, &redis.ZStore{Keys: []string{"z", "y"}}))
		is(r, "ZPOPMAX", []redis.Z{{Score: 23.5, Member: "b"}}, r.ZPopMax(r.ctx, "u"))
		key, members, err := r.ZMPop(r.ctx, "min", 2, "none", "u").Result()
		if err != nil || key != "u" || !slices.Equal(members, []redis.Z{{Score: 1, Member: "a"}, {Score: 4, Member: "c"}}) {
			t.Errorf("ZMPOP: %s, %v, %v", key, members, err)
		}
	})
}

func TestGoRedisPipelinesAndTransactions(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		replies, err := r.Pipelined(r.ctx, func(p redis.Pipeliner) error {
			for i := range 1000 {
				p.Set(r.ctx, "p:"+strconv.Itoa(i), i, 0)
			}
			p.Get(r.ctx, "p:999")
			return nil
		})
		if err != nil || replies[1000].(*redis.StringCmd).Val() != "999" {
			t.Errorf("a pipeline: %v, %v", replies[1000], err)
		}
		replies, err = r.TxPipelined(r.ctx, func(p redis.Pipeliner) error {
			p.Set(r.ctx, "n", 1, 0)
			p.LPush(r.ctx, "n", "x")
			p.Incr(r.ctx, "n")
			return nil
		})
		if err == nil || !redis.HasErrorPrefix(replies[1].Err(), "WRONGTYPE") || replies[2].(*redis.IntCmd).Val() != 2 {
			t.Errorf("a transaction: %v, %v", replies, err)
		}

		again := errors.New("set by another")
		increment := func(meanwhile func()) error {
			return r.Watch(r.ctx, func(tx *redis.Tx) error {
				n, err := tx.Get(r.ctx, "n").Int()
				if err != nil {
					return err
				}
				meanwhile()
				_, err = tx.TxPipelined(r.ctx, func(p redis.Pipeliner) error {
					p.Set(r.ctx, "n", n+1, 0)
					return nil
				})
				if errors.Is(err, redis.TxFailedErr) {
					return again
				}
				return err
			}, "n")
		}
		if err := increment(func() { must(r.Set(r.ctx, "n", 10, 0)) }); !errors.Is(err, again) {
			t.Errorf("WATCH with a change between: %v", err)
		}
		if err := increment(func() {}); err != nil {
			t.Errorf("WATCH: %v", err)
		}
		is(r, "GET", "11", r.Get(r.ctx, "n"))
	})
}

func TestGoRedisScripts(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		script := redis.NewScript("redis.call('INCRBY', KEYS[1], ARGV[1]) return {KEYS[1], tonumber(ARGV[1]), false, {ok = 'fine'}}")
		must(r.ScriptFlush(r.ctx))
		if err := script.EvalSha(r.ctx, r, []string{"k"}, 5).Err(); !redis.HasErrorPrefix(err, "NOSCRIPT") {
			t.Errorf("EVALSHA: %v", err)
		}
		for range 2 { // by EVAL, and then by EVALSHA
			is[any](r, "a script", []any{"k", int64(5), nil, "fine"}, script.Run(r.ctx, r, []string{"k"}, 5))
		}
		is(r, "SCRIPT EXISTS", []bool{true}, script.Exists(r.ctx, r))
		is(r, "GET", "10", r.Get(r.ctx, "k"))
		if err := redis.NewScript("return redis.call('SET', KEYS[1], 1)").RunRO(r.ctx, r, []string{"k"}).Err(); err == nil || !strings.Contains(err.Error(), "Write commands are not allowed") {
			t.Errorf("a write in EVAL_RO: %v", err)
		}
		if err := redis.NewScript("return redis.error_reply('MINE own error')").Run(r.ctx, r, nil).Err(); err == nil || err.Error() != "MINE own error" {
			t.Errorf("an error of a script: %v", err)
		}
		sum := redis.NewScript("local sum = 0 for _, v in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do sum = sum + v end return tostring(sum)")
		must(r.RPush(r.ctx, "l", 1, 2.5))
		if got, err := sum.Run(r.ctx, r, []string{"l"}).Float64(); got != 3.5 || err != nil {
			t.Errorf("a script's number: %v, %v", got, err)
		}

		library := "#!lua name=lib\nredis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)\n" +
			"redis.register_function{function_name='look', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}, description='looks'}"
		is(r, "FUNCTION LOAD", "lib", r.FunctionLoadReplace(r.ctx, library))
		is[any](r, "FCALL", "OK", r.FCall(r.ctx, "put", []string{"f"}, "v"))
		is[any](r, "FCALL_RO", "v", r.FCallRo(r.ctx, "look", []string{"f"}))
		libraries, err := r.FunctionList(r.ctx, redis.FunctionListQuery{LibraryNamePattern: "li*", WithCode: true}).Result()
		if err != nil || len(libraries) != 1 || len(libraries[0].Functions) != 2 || libraries[0].Code != library {
			t.Errorf("FUNCTION LIST: %+v, %v", libraries, err)
		}
		is[any](r, "a module's command", int64(1), r.Do(r.ctx, "COUNTER.HIT", "hits", 3))
		if err := r.Do(r.ctx, "COUNTER.HIT", "hits", "x").Err(); err == nil || !strings.Contains(err.Error(), "'most'") {
			t.Errorf("a module's command with a wrong argument: %v", err)
		}
	})
}

func TestGoRedisBlocks(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		other := dialGoRedis(t, &redis.Options{Network: "unix", Addr: r.Options().Addr})
		popped := make(chan []string, 1)
		go func() { popped <- r.BLPop(r.ctx, 0, "none", "l").Val() }()
		for blocked(other) == 0 {
		}
		must(other.RPush(r.ctx, "l", "x"))
		if got := <-popped; !slices.Equal(got, []string{"l", "x"}) {
			t.Errorf("BLPOP: %v", got)
		}
		must(r.ZAdd(r.ctx, "z", redis.Z{Score: 1.5, Member: "a"}))
		if got, err := r.BZPopMin(r.ctx, time.Second, "z").Result(); err != nil || got.Key != "z" || got.Z != (redis.Z{Score: 1.5, Member: "a"}) {
			t.Errorf("BZPOPMIN: %+v, %v", got, err)
		}
		must(r.RPush(r.ctx, "l", "a", "b", "c"))
		if key, got, err := r.BLMPop(r.ctx, time.Second, "right", 2, "l").Result(); err != nil || key != "l" || !slices.Equal(got, []string{"c", "b"}) {
			t.Errorf("BLMPOP: %s, %v, %v", key, got, err)
		}
		is(r, "BLMOVE", "a", r.BLMove(r.ctx, "l", "m", "left", "left", time.Second))
		if err := r.Do(r.ctx, "BLPOP", "none", "0.001").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("BLPOP until its timeout: %v", err)
		}
	})
}

// blocked is how many clients are.
func blocked(r goRedis) int {
	n, err := strconv.Atoi(r.InfoMap(r.ctx, "clients").Val()["Clients"]["blocked_clients"])
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestGoRedisPublishesAndSubscribes(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		for _, c := range []struct {
			how       string
			subscribe func() *redis.PubSub
			publish   func() *redis.IntCmd
			pattern   string
		}{
			{"SUBSCRIBE", func() *redis.PubSub { return r.Subscribe(r.ctx, "news.art") }, func() *redis.IntCmd { return r.Publish(r.ctx, "news.art", "hello") }, ""},
			{"PSUBSCRIBE", func() *redis.PubSub { return r.PSubscribe(r.ctx, "news.*") }, func() *redis.IntCmd { return r.Publish(r.ctx, "news.art", "hello") }, "news.*"},
			{"SSUBSCRIBE", func() *redis.PubSub { return r.SSubscribe(r.ctx, "news.art") }, func() *redis.IntCmd { return r.SPublish(r.ctx, "news.art", "hello") }, ""},
		} {
			subscription := c.subscribe()
			if _, err := subscription.Receive(r.ctx); err != nil {
				t.Fatalf("%s: %v", c.how, err)
			}
			is(r, "PUBLISH", int64(1), c.publish())
			message, err := subscription.ReceiveMessage(r.ctx)
			if err != nil || message.Channel != "news.art" || message.Payload != "hello" || message.Pattern != c.pattern {
				t.Errorf("%s: %v, %v", c.how, message, err)
			}
			if err := subscription.Ping(r.ctx, "there"); err != nil {
				t.Errorf("%s: PING: %v", c.how, err)
			}
			if pong, err := subscription.Receive(r.ctx); err != nil || pong.(*redis.Pong).Payload != "there" {
				t.Errorf("%s: PING: %v, %v", c.how, pong, err)
			}
			subscription.Close()
		}
	})
}

func TestGoRedisIterates(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		var want []string
		pipe := r.Pipeline()
		for i := range 2000 {
			key := fmt.Sprintf("key:%04d", i)
			want = append(want, key)
			pipe.Set(r.ctx, key, i, 0)
			pipe.SAdd(r.ctx, "set", key)
			pipe.HSet(r.ctx, "hash", key, i)
			pipe.ZAdd(r.ctx, "zset", redis.Z{Score: float64(i), Member: key})
		}
		if _, err := pipe.Exec(r.ctx); err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			scan *redis.ScanCmd
			step int // replies for each element
		}{
			"SCAN TYPE": {r.ScanType(r.ctx, 0, "key:*", 100, "string"), 1},
			"SSCAN":     {r.SScan(r.ctx, "set", 0, "*", 50), 1},
			"HSCAN":     {r.HScan(r.ctx, "hash", 0, "", 0), 2},
			"ZSCAN":     {r.ZScan(r.ctx, "zset", 0, "", 1000), 2},
		} {
			var got []string
			iterator := c.scan.Iterator()
			for i := 0; iterator.Next(r.ctx); i++ {
				if i%c.step == 0 {
					got = append(got, iterator.Val())
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); iterator.Err() != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %d elements, %v", what, len(got), iterator.Err())
			}
		}
	})
}

func TestGoRedisOverTLSWithAPassword(t *testing.T) {
	cert, key := writeCertificate(t)
	port := reference.FreePort(t)
	startServer(t, "--ephemeral", "--requirepass", "pw", "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
	authorities, err := readAuthorities(cert)
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []int{2, 3} {
		r := dialGoRedis(t, &redis.Options{
			Addr: "127.0.0.1:" + port, Protocol: protocol, Username: "default", Password: "pw", DB: 2, PoolSize: 4,
			TLSConfig: &tls.Config{RootCAs: authorities},
		})
		must(r.FlushAll(r.ctx))
		done := make(chan error)
		for range 8 {
			go func() {
				for range 50 {
					if err := r.Incr(r.ctx, "n").Err(); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		is(r, "GET", "400", r.Get(r.ctx, "n"))
		long := strings.Repeat("x", 1<<20)
		is(r, "SET", "OK", r.Set(r.ctx, "long", long, 0))
		is(r, "GET", long, r.Get(r.ctx, "long"))

		wrong := dialGoRedis(t, &redis.Options{Addr: "127.0.0.1:" + port, Protocol: protocol, Password: "no", TLSConfig: &tls.Config{RootCAs: authorities}})
		if err := wrong.Ping(r.ctx).Err(); err == nil || !redis.HasErrorPrefix(err, "WRONGPASS") {
			t.Errorf("a wrong password: %v", err)
		}
	}
}

// freePort is a port that nobody listened on a moment ago.
func TestGoRedisTellsOfEvents(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		must(r.ConfigSet(r.ctx, "notify-keyspace-events", "KEA"))
		subscription := r.PSubscribe(r.ctx, "__keyevent@0__:*")
		defer subscription.Close()
		if _, err := subscription.Receive(r.ctx); err != nil {
			t.Fatal(err)
		}
		must(r.Set(r.ctx, "k", "v", time.Hour))
		must(r.Del(r.ctx, "k"))
		for _, event := range []string{"set", "expire", "del"} {
			message, err := subscription.ReceiveMessage(r.ctx)
			if err != nil || message.Channel != "__keyevent@0__:"+event || message.Payload != "k" {
				t.Errorf("%s: %v, %v", event, message, err)
			}
		}
	})
}

// invalidated collects the keys that the server says have changed.
type invalidated struct{ keys []any }

func (i *invalidated) HandlePushNotification(_ context.Context, _ push.NotificationHandlerContext, message []any) error {
	i.keys = append(i.keys, message[1])
	return nil
}

func TestGoRedisCachesOnItsSide(t *testing.T) {
	server := startServer(t, "--ephemeral")
	r := dialGoRedis(t, &redis.Options{Network: "unix", Addr: server.socket, Protocol: 3, PoolSize: 1})
	other := dialGoRedis(t, &redis.Options{Network: "unix", Addr: server.socket})
	var told invalidated
	if err := r.RegisterPushNotificationHandler("invalidate", &told, false); err != nil {
		t.Fatal(err)
	}
	must(r.ClientTrackingOn(r.ctx, nil))
	must(r.Set(r.ctx, "k", "v", 0))
	is(r, "GET", "v", r.Get(r.ctx, "k"))
	must(other.Set(r.ctx, "k", "w", 0))
	is(r, "GET", "w", r.Get(r.ctx, "k"))
	must(other.FlushAll(r.ctx))
	is(r, "PING", "PONG", r.Ping(r.ctx))
	if diff := cmp.Diff([]any{[]any{"k"}, nil}, told.keys); diff != "" {
		t.Error(diff)
	}
	info, err := r.ClientInfo(r.ctx).Result()
	if err != nil || info.Redir != 0 || info.Flags&redis.ClientTracking == 0 {
		t.Errorf("CLIENT INFO: %+v, %v", info, err)
	}
}

func TestGoRedisControlsClients(t *testing.T) {
	eachProtocol(t, func(r goRedis) {
		other := dialGoRedis(t, &redis.Options{Network: "unix", Addr: r.Options().Addr, PoolSize: 1})
		id := other.ClientID(r.ctx).Val()
		failed := make(chan error, 1)
		wait := func() {
			go func() { failed <- other.BLPop(r.ctx, 0, "none").Err() }()
			for blocked(r) == 0 {
			}
		}
		wait()
		is(r, "CLIENT UNBLOCK", int64(1), r.ClientUnblockWithError(r.ctx, id))
		if err := <-failed; err == nil || !strings.HasPrefix(err.Error(), "UNBLOCKED") {
			t.Errorf("CLIENT UNBLOCK: %v", err)
		}
		wait()
		is(r, "CLIENT UNBLOCK", int64(1), r.ClientUnblock(r.ctx, id))
		if err := <-failed; !errors.Is(err, redis.Nil) {
			t.Errorf("CLIENT UNBLOCK: %v", err)
		}
		must(r.Do(r.ctx, "CLIENT", "PAUSE", "100000", "WRITE"))
		go func() { failed <- other.Set(r.ctx, "k", "v", 0).Err() }()
		for blocked(r) == 0 {
		}
		is(r, "EXISTS", int64(0), r.Exists(r.ctx, "k"))
		is(r, "CLIENT UNPAUSE", true, r.ClientUnpause(r.ctx))
		if err := <-failed; err != nil {
			t.Errorf("SET after the pause: %v", err)
		}
		is(r, "GET", "v", r.Get(r.ctx, "k"))
		is(r, "CLIENT KILL", int64(1), r.ClientKillByFilter(r.ctx, "ID", strconv.FormatInt(id, 10), "USER", "default", "SKIPME", "yes"))
		if now := other.ClientID(r.ctx).Val(); now == id {
			t.Error("the client that was killed is still there")
		}
	})
}
