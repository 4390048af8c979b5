package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"perigee/config"
	"perigee/engine"
	"perigee/engine/server"
	"perigee/modules"
	"perigee/persist"
	"perigee/scripting"
)

// node is a server with all its parts.
type node struct {
	settings    config.Config // as it was at the start; where the server listens, as it is
	file        string        // the configuration's, or empty
	log         *slog.Logger
	engine      *engine.Engine
	store       *persist.Store // nil when everything is in memory only
	server      *server.Server
	scripts     *scripting.Scripting
	admin       *admin       // nil while there is none
	credentials *credentials // nil while there was no TLS
	serving     atomic.Bool  // there is a loop to wake
	keys        int          // loaded at the start
	modules     []string     // loaded at the start, by name
}

// assemble puts a server together from its settings: it loads the data and the
// modules and binds the addresses, and is ready for run. This is the one place
// where all packages meet.
func assemble(p *config.Parameters, log *slog.Logger) (*node, error) {
	c := p.Current()
	n := &node{settings: c, file: p.File(), log: log, modules: []string{}}
	limits := engineSettings(c)
	n.scripts = scripting.New(nil, log)
	n.engine = engine.New(engine.Options{
		Settings: &limits, Config: parameters{p, n}, Log: log, Server: n, Commands: n.scripts.Commands(), ACLFile: usersFile(c),
	})
	err := n.load()
	if err == nil {
		err = n.program()
	}
	if err == nil {
		err = n.renameCommands()
	}
	if err == nil {
		n.engine.SetDefaultPassword(c.Clients.RequirePass)
		err = n.engine.LoadUsers(c.Clients.Users)
	}
	if err == nil {
		err = n.listen()
	}
	if err == nil {
		err = n.listenAdmin()
	}
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	n.follow(p)
	return n, nil
}

// load recovers the data directory into the engine, unless there is to be none.
func (n *node) load() error {
	storage := n.settings.Storage
	if storage.InMemoryOnly() {
		return nil
	}
	policy, err := persist.ParsePolicy(storage.AppendFsync)
	if err != nil {
		return err
	}
	n.store, err = persist.Open(persist.Options{
		Dir: storage.Dir, Policy: policy, SegmentBytes: storage.JournalSegmentSize,
		Reserve: int64(storage.DiskReserve), Notify: n.wake, SyncTook: n.syncTook, Fatal: n.diskFailed, Log: n.log,
	})
	if err != nil {
		return err
	}
	loader := n.engine.NewLoader()
	report, err := n.store.Recover(loader, storage.Databases)
	if err = errors.Join(err, loader.Close()); err != nil {
		return err
	}
	n.engine.UseJournal(n.store.Journal(), report.Last)
	n.keys = n.engine.Keys()
	debug.FreeOSMemory() // reading everything back left as much garbage as data
	return nil
}

// program brings back the stored functions and loads the modules that the
// configuration names.
func (n *node) program() error {
	n.scripts.Attach(n.engine)
	loaded, err := modules.LoadAll(n.scripts, n.engine, n.settings.Modules.Paths, modules.Settings(n.settings.Modules.Settings))
	for _, m := range loaded {
		n.modules = append(n.modules, m.Name)
	}
	return err
}

// renameCommands gives commands the names that the configuration has for them.
func (n *node) renameCommands() error {
	for renamed := range slices.Chunk(n.settings.Process.RenamedCommands, 2) {
		if err := n.engine.RenameCommand(renamed[0], renamed[1]); err != nil {
			return fmt.Errorf("rename-command %s %q: %w", renamed[0], renamed[1], err)
		}
	}
	return nil
}

// wake has the loop look at the journal again. Any goroutine may call it; before
// there is a loop there is nothing to wake.
func (n *node) wake() {
	if n.serving.Load() {
		n.engine.Post(func() {})
	}
}

// syncTook has the latency monitor note a sync that replies have waited for. Any
// goroutine may call it.
func (n *node) syncTook(took time.Duration) {
	if n.serving.Load() {
		n.engine.Post(func() { n.engine.LatencyEvent("aof-fsync-always", took) })
	}
}

// diskFailed ends the process: what the disk failed to keep must not be
// acknowledged, and trying again would prove nothing.
func (n *node) diskFailed(err error) {
	n.log.Error("the disk failed; the server ends, so that nothing is acknowledged that may be lost", "error", err.Error())
	os.Exit(exitFailed)
}

// follow makes settings that CONFIG SET changes take effect.
func (n *node) follow(p *config.Parameters) {
	p.Watch(checkMaxClients, "maxclients")
	p.Watch(func(c config.Config) error {
		*n.engine.Settings() = engineSettings(c)
		return nil
	})
	n.followEndpoints(p)
	p.Watch(func(c config.Config) error {
		n.engine.SetDefaultPassword(c.Clients.RequirePass)
		return nil
	}, "requirepass")
	p.Watch(n.setPolicy, "appendfsync")
	p.Watch(func(config.Config) error {
		return errors.New("the journal cannot be turned on or off while the server runs")
	}, "appendonly")
	p.Watch(func(config.Config) error { return errors.New("the data directory cannot change while the server runs") }, "dir")
	p.Watch(func(c config.Config) error {
		if n.store == nil {
			return nil
		}
		return n.store.SetReserve(int64(c.Storage.DiskReserve))
	}, "disk-reserve")
	gc := newCollector(p.Current().Memory.GarbageCollectorPct)
	gc.pace()
	gc.bound(p.Current().Memory.MaxMemory)
	p.Watch(func(c config.Config) error {
		gc.bound(c.Memory.MaxMemory)
		return nil
	}, "maxmemory")
	n.engine.OnCron(gc.pace)
	idle := newLull(time.Now())
	n.engine.OnCron(func() {
		commands, spent := n.engine.Work()
		if gc.percent >= 0 && idle.due(time.Now(), commands, spent) {
			n.engine.Purge()
		}
	})
	p.Watch(func(c config.Config) error {
		gc.change(c.Memory.GarbageCollectorPct)
		return nil
	}, "gc-percent")
}

func (n *node) setPolicy(c config.Config) error {
	policy, err := persist.ParsePolicy(c.Storage.AppendFsync)
	if err == nil && n.store != nil {
		n.store.Journal().SetPolicy(policy)
	}
	return err
}

// run serves until stop, and then closes everything.
func (n *node) run() error {
	n.server.Run()
	return n.close()
}

// close ends the admin listener, writes what is left to disk and gives the data
// directory up.
func (n *node) close() error {
	err := n.admin.close()
	if n.store != nil {
		err = errors.Join(err, n.store.Close())
	}
	return err
}

// stop makes run return. Any goroutine may call it.
func (n *node) stop() {
	n.scripts.Leave()
	n.server.Stop()
}

// Shutdown is the SHUTDOWN command. The journal keeps everything, so there is
// nothing that save could add.
func (n *node) Shutdown(save bool) { n.stop() }

// Info adds what only the process knows to INFO.
func (n *node) Info(section string) [][2]string {
	if section != "server" {
		return nil
	}
	executable, _ := os.Executable() // empty where the system does not tell
	return [][2]string{
		{"tcp_port", strconv.Itoa(cmp.Or(n.settings.Network.Port, n.settings.TLS.Port))},
		{"executable", executable},
		{"config_file", n.file},
		{"perigee_build", version()},
	}
}

// addresses is where the server listens.
func (n *node) addresses() []string {
	var all []string
	for _, address := range n.server.Addrs() {
		all = append(all, address.String())
	}
	return all
}

// parameters gives the errors of config the form in which the engine sends them.
type parameters struct {
	*config.Parameters
	node *node
}

func (p parameters) Set(pairs [][2]string, local bool) error {
	return replied(p.Parameters.Set(pairs, local))
}

// Rewrite writes the users too, if they are not those of the configuration.
func (p parameters) Rewrite() error {
	if users, edited := p.node.engine.UserDefinitions(); edited {
		p.SetUsers(users)
	}
	return replied(p.Parameters.Rewrite())
}

func replied(err error) error {
	if err == nil {
		return nil
	}
	return engine.Errf(err.Error())
}

// engineSettings is the engine's part of the configuration.
func engineSettings(c config.Config) engine.Settings {
	return engine.Settings{
		Databases: c.Storage.Databases,

		ACLLogMaxLen:    c.Clients.ACLLogMaxLen,
		ACLEveryChannel: c.Clients.ACLPubSubDefault == "allchannels",

		MaxClients:        c.Clients.MaxClients,
		Timeout:           c.Clients.Timeout,
		TCPKeepAlive:      c.Network.TCPKeepalive,
		ProtectedMode:     c.Clients.ProtectedMode,
		MaxBulkLen:        int(c.Clients.ProtoMaxBulkLen),
		QueryBufferLimit:  int(c.Clients.QueryBufferLimit),
		OutputLimits:      outputLimits(c.Clients.OutputLimits),
		MaxMemory:         c.Memory.MaxMemory,
		Policy:            engine.ParseEvictionPolicy(c.Memory.Policy),
		ClientsMemory:     int64(c.Memory.ClientsMemory),
		EvictionSamples:   c.Memory.EvictionSamples,
		EvictionTenacity:  c.Memory.EvictionTenacity,
		LFULogFactor:      c.Memory.LFULogFactor,
		LFUDecayTime:      c.Memory.LFUDecayTime,
		BusyThresholdMs:   int64(c.Scripting.BusyReplyThreshold),
		SlowlogSlowerThan: c.Operations.SlowlogLogSlowerThan,
		SlowlogMaxLen:     c.Operations.SlowlogMaxLen,
		LatencyThreshold:  c.Operations.LatencyThreshold,
		LatencyTracking:   c.Operations.LatencyTracking,
		Percentiles:       c.Operations.Percentiles,
		ExpireEffort:      c.Memory.ActiveExpireEffort,
		Events:            engine.EventClass(c.Operations.KeyspaceEvents),
		TrackingMaxKeys:   c.Clients.TrackingMaxKeys,
		Hz:                c.Operations.Hz,

		HashMaxListpackEntries: c.Encodings.HashEntries,
		HashMaxListpackValue:   int(c.Encodings.HashValue),
		SetMaxIntsetEntries:    c.Encodings.SetIntEntries,
		SetMaxListpackEntries:  c.Encodings.SetEntries,
		SetMaxListpackValue:    int(c.Encodings.SetValue),
		ZSetMaxListpackEntries: c.Encodings.ZSetEntries,
		ZSetMaxListpackValue:   int(c.Encodings.ZSetValue),
		ListMaxListpackSize:    c.Encodings.ListSize,
		StreamNodeMaxBytes:     int(c.Encodings.StreamBytes),
		StreamNodeMaxEntries:   c.Encodings.StreamEntries,
		HLLSparseMaxBytes:      int(c.Encodings.HLLSparse),

		DebugCommand: c.Operations.EnableDebugCommand,
		ScriptLimits: scriptLimits(c.Scripting),
		ScriptSource: int(c.Scripting.MaxSource),
		ScriptCache:  c.Scripting.CacheSize,

		ScriptRollback:      c.Scripting.OnError == "rollback",
		TransactionRollback: c.Scripting.TransactionOnError == "rollback",
	}
}

func scriptLimits(s config.Scripting) engine.ScriptLimits {
	return engine.ScriptLimits{
		TimeMs: s.TimeLimit, Instructions: s.InstructionLimit, Memory: s.MemoryLimit, Commands: s.CommandLimit,
		Written: s.WriteLimit, Reply: s.ReplyLimit, PatternSteps: s.PatternLimit,
	}
}

func outputLimits(l config.OutputLimits) [3]engine.OutputLimit {
	limit := func(l config.OutputLimit) engine.OutputLimit {
		return engine.OutputLimit{Hard: l.Hard, Soft: l.Soft, SoftSeconds: int(l.Seconds)}
	}
	return [3]engine.OutputLimit{limit(l.Normal), limit(l.Replica), limit(l.PubSub)}
}
