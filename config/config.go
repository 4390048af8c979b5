package config

import "io/fs"

// Config is every setting. A field's tag declares it:
//
//	key      its name in the file, as a flag and for CONFIG
//	alias    an older name that works everywhere too
//	default  what holds when no source names it
//	min, max bounds of a number, inclusive
//	clamp    bounds of a number that values beyond are moved to
//	enum     the words allowed
//	check    what a text must look like: see checkText
//	unit     bytes, octal, seconds, milliseconds or microseconds
//	live     yes when CONFIG SET may change it while the server runs, and
//	         protected when it may only where enable-protected-configs says so
//	repeat   adds when a further line of a file in Redis's format, or a further
//	         flag, adds to those before instead of replacing them
//	listed   no when CONFIG does not know it, only files and flags do
//	origin   redis, or perigee for settings that Redis does not have
//	doc      one sentence for the help and the README
//
// A group whose tag says inert is accepted for the sake of clients and of
// configurations of Redis, and has no effect.
//
// A Config is a plain value: copying it copies all but the lists, which nobody
// changes in place.
type Config struct {
	Network       Network       `title:"Network"`
	TLS           TLS           `title:"TLS"`
	Clients       Clients       `title:"Clients"`
	Storage       Storage       `title:"Storage"`
	Memory        Memory        `title:"Memory and expiry"`
	Encodings     Encodings     `title:"Encodings of small values"`
	Scripting     Scripting     `title:"Scripting"`
	Modules       Modules       `title:"Modules"`
	Operations    Operations    `title:"Operations"`
	Process       Process       `title:"Process"`
	Compatibility Compatibility `title:"Accepted for compatibility, without effect" inert:"yes"`
	Snapshots     Snapshots     `title:"Accepted without effect: snapshots and append-only files" inert:"yes"`
	Replication   Replication   `title:"Accepted without effect: replication" inert:"yes"`
	Cluster       Cluster       `title:"Accepted without effect: cluster" inert:"yes"`
	Machine       Machine       `title:"Accepted without effect: process and machine" inert:"yes"`
}

// Network is where the server listens and how connections are kept.
type Network struct {
	Bind           []string    `key:"bind" default:"127.0.0.1 -::1" live:"yes" origin:"redis" doc:"Addresses to listen on; one that starts with - may be missing on this machine, and * is every address."`
	Port           int         `key:"port" default:"6379" min:"0" max:"65535" live:"yes" origin:"redis" doc:"TCP port for plain connections; 0 means none."`
	UnixSocket     string      `key:"unixsocket" default:"" live:"no" origin:"redis" doc:"Path of a Unix socket to listen on; empty means none."`
	UnixSocketPerm fs.FileMode `key:"unixsocketperm" default:"0" unit:"octal" max:"0777" live:"no" origin:"redis" doc:"Permission bits of the Unix socket, in octal; 0 leaves what the umask gives."`
	TCPBacklog     int         `key:"tcp-backlog" default:"511" min:"0" max:"2147483647" live:"no" origin:"redis" doc:"Connections that the system may queue before they are accepted."`
	TCPKeepalive   int         `key:"tcp-keepalive" default:"300" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Silence after which a TCP peer is probed; 0 turns probes off."`
	EventLoop      string      `key:"event-loop" default:"auto" enum:"auto,epoll,goroutines" live:"no" origin:"perigee" doc:"How plain connections are served: the epoll loop, a goroutine each, or the best this system has."`
}

// TLS is the encrypted listener. The files are read again when they change.
type TLS struct {
	Port           int    `key:"tls-port" default:"0" min:"0" max:"65535" live:"yes" origin:"redis" doc:"TCP port for TLS connections; 0 means none."`
	CertFile       string `key:"tls-cert-file" default:"" live:"yes" origin:"redis" doc:"File with the server's certificate chain, in PEM."`
	KeyFile        string `key:"tls-key-file" default:"" live:"yes" origin:"redis" doc:"File with the certificate's private key, in PEM."`
	KeyFilePass    string `key:"tls-key-file-pass" default:"" live:"yes" origin:"redis" doc:"Password of the private key, if it is encrypted."`
	CACertFile     string `key:"tls-ca-cert-file" default:"" live:"yes" origin:"redis" doc:"File with the authorities that client certificates are checked against, in PEM."`
	CACertDir      string `key:"tls-ca-cert-dir" default:"" live:"yes" origin:"redis" doc:"Directory of further files with such authorities."`
	AuthClients    string `key:"tls-auth-clients" default:"yes" enum:"no,yes,optional" live:"yes" origin:"redis" doc:"Whether TLS clients must show a certificate."`
	Protocols      string `key:"tls-protocols" default:"" live:"yes" origin:"redis" doc:"Versions to speak, of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3; empty means the last two."`
	Ciphers        string `key:"tls-ciphers" default:"" live:"yes" origin:"redis" doc:"Ciphers of TLS 1.2 and older, by their OpenSSL names with colons between; empty means those that Go holds for safe."`
	CipherSuites   string `key:"tls-ciphersuites" default:"" live:"yes" origin:"redis" doc:"Ciphers of TLS 1.3, by name with colons between; they are checked, and all three that exist stay on."`
	SessionCaching bool   `key:"tls-session-caching" default:"yes" live:"yes" origin:"redis" doc:"Whether clients may resume sessions; tickets make that possible, which cost no memory here."`
}

// Clients is what one client may do and cost.
type Clients struct {
	MaxClients       int          `key:"maxclients" default:"10000" min:"1" max:"4294967295" live:"yes" origin:"redis" doc:"Clients that may be connected at once."`
	Timeout          int          `key:"timeout" default:"0" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Idle time after which a client is disconnected; 0 means never."`
	ProtectedMode    bool         `key:"protected-mode" default:"yes" live:"yes" origin:"redis" doc:"Refuse clients from other machines while no password is set."`
	RequirePass      string       `key:"requirepass" default:"" live:"yes" origin:"redis" doc:"Password of the default user; empty means none is asked for."`
	Users            Users        `key:"user" repeat:"adds" default:"" live:"no" listed:"no" origin:"redis" doc:"Users besides the default one, each a name followed by ACL rules; not together with aclfile."`
	ACLFile          string       `key:"aclfile" default:"" live:"no" origin:"redis" doc:"File with the users, for ACL LOAD and ACL SAVE, in whose place requirepass has no effect; empty means none."`
	ACLLogMaxLen     int          `key:"acllog-max-len" default:"128" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Entries that ACL LOG keeps."`
	ACLPubSubDefault string       `key:"acl-pubsub-default" default:"resetchannels" enum:"allchannels,resetchannels" live:"yes" origin:"redis" doc:"Whether new users may use every channel or none before a rule says so."`
	ProtoMaxBulkLen  int64        `key:"proto-max-bulk-len" default:"512mb" unit:"bytes" min:"1048576" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Longest single argument a client may send."`
	QueryBufferLimit int64        `key:"client-query-buffer-limit" default:"1gb" unit:"bytes" min:"1048576" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Bytes of unexecuted input that one client may have in the server."`
	OutputLimits     OutputLimits `key:"client-output-buffer-limit" repeat:"adds" default:"normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60" live:"yes" origin:"redis" doc:"Bounds of unsent replies for each class of clients: class, hard limit, soft limit, seconds over the soft limit."`
	TrackingMaxKeys  int          `key:"tracking-table-max-keys" default:"1000000" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Keys that clients which cache values are remembered to have read; 0 means no bound, those beyond it are forgotten as if they had changed."`
}

// Storage is where data is kept and how safely.
type Storage struct {
	Dir                string      `key:"dir" default:"perigee-data" live:"protected" origin:"redis" doc:"Directory of all data; it is made if it is missing, readable by its owner only."`
	Ephemeral          bool        `key:"ephemeral" default:"no" live:"no" origin:"perigee" doc:"Keep everything in memory only: nothing is written and nothing survives the process."`
	AppendOnly         bool        `key:"appendonly" default:"yes" live:"yes" origin:"redis" doc:"Write the journal; no is the same as ephemeral, unless save is set."`
	Save               SavePoints  `key:"save" repeat:"adds" default:"" live:"yes" origin:"redis" doc:"Snapshot points of Redis: there are no snapshots, but where a configuration has any, appendonly no does not turn the journal off."`
	AppendFsync        string      `key:"appendfsync" default:"everysec" enum:"everysec,always,no" live:"yes" origin:"redis" doc:"When the journal is flushed to disk: before every reply, within a second, or when the system likes."`
	JournalSegmentSize int64       `key:"journal-segment-size" default:"64mb" unit:"bytes" min:"65536" max:"4294967296" live:"no" origin:"perigee" doc:"Size of one journal file, reserved on disk when the file is made."`
	DiskReserve        DiskReserve `key:"disk-reserve" default:"auto" live:"yes" origin:"perigee" doc:"Bytes of the disk that the journal leaves free, for folding it, which makes room: auto is 256mb, or on a smaller volume a tenth of it, but 64mb at least."`
	Databases          int         `key:"databases" default:"16" min:"1" max:"16384" live:"no" origin:"redis" doc:"Number of databases that SELECT can choose from."`
}

// InMemoryOnly reports whether nothing is to be written to disk.
// A configuration that has Redis keep snapshots and no append-only file wants
// its data kept.
func (s Storage) InMemoryOnly() bool { return s.Ephemeral || !s.AppendOnly && len(s.Save) == 0 }

// Memory is the bound of the keyspace and what happens at it, and expiry.
type Memory struct {
	MaxMemory           int64          `key:"maxmemory" default:"0" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Bytes the keyspace may use; beyond it, keys leave by maxmemory-policy, or writes that need memory are refused; 0 means no bound."`
	Policy              string         `key:"maxmemory-policy" default:"noeviction" enum:"volatile-lru,volatile-lfu,volatile-random,volatile-ttl,allkeys-lru,allkeys-lfu,allkeys-random,noeviction" live:"yes" origin:"redis" doc:"Which keys leave at maxmemory: any, or those with a deadline; the ones unused for longest, used least often, nearest to their deadline, or some."`
	ClientsMemory       BytesOrPercent `key:"maxmemory-clients" default:"0" live:"yes" origin:"redis" doc:"Bytes of all clients together, or a percentage of maxmemory, beyond which those that take most are closed; 0 means no bound."`
	EvictionSamples     int            `key:"maxmemory-samples" default:"5" min:"1" max:"2147483647" live:"yes" origin:"redis" doc:"Keys of each database that are looked at for each one that leaves."`
	EvictionTenacity    int            `key:"maxmemory-eviction-tenacity" default:"10" min:"0" max:"100" live:"yes" origin:"redis" doc:"How long a command may be held up by eviction, which goes on in the background then: 10 is half a millisecond, 100 is without bound."`
	LFULogFactor        int            `key:"lfu-log-factor" default:"10" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"How slowly the counter of a key's accesses grows."`
	LFUDecayTime        int            `key:"lfu-decay-time" default:"1" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Minutes without access after which that counter is one less; 0 means never."`
	ActiveExpireEffort  int            `key:"active-expire-effort" default:"1" min:"1" max:"10" live:"yes" origin:"redis" doc:"How hard the background cycle looks for expired keys."`
	GarbageCollectorPct int            `key:"gc-percent" default:"100" min:"10" max:"10000" live:"yes" origin:"perigee" doc:"Growth of the heap, in percent, that starts a garbage collection, once that is over 160 MB: lower saves memory, higher saves processor time; while collections are dear, up to 256 MB more may gather."`
}

// Encodings is up to where small values are held compactly.
type Encodings struct {
	HashEntries   int   `key:"hash-max-listpack-entries" alias:"hash-max-ziplist-entries" default:"512" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Fields up to which a hash is held compactly."`
	HashValue     int64 `key:"hash-max-listpack-value" alias:"hash-max-ziplist-value" default:"64" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Length of a field or value up to which a hash is held compactly."`
	SetIntEntries int   `key:"set-max-intset-entries" default:"512" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Members up to which a set of integers is held compactly."`
	SetEntries    int   `key:"set-max-listpack-entries" default:"128" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Members up to which a set is held compactly."`
	SetValue      int64 `key:"set-max-listpack-value" default:"64" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Length of a member up to which a set is held compactly."`
	ZSetEntries   int   `key:"zset-max-listpack-entries" alias:"zset-max-ziplist-entries" default:"128" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Members up to which a sorted set is held compactly."`
	ZSetValue     int64 `key:"zset-max-listpack-value" alias:"zset-max-ziplist-value" default:"64" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Length of a member up to which a sorted set is held compactly."`
	ListSize      int   `key:"list-max-listpack-size" alias:"list-max-ziplist-size" default:"-2" min:"-2147483648" max:"2147483647" live:"yes" origin:"redis" doc:"Size of a list's nodes: elements when positive, and 4, 8, 16, 32 or 64 kB for -1 to -5."`
	StreamBytes   int64 `key:"stream-node-max-bytes" default:"4096" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Size up to which a block of a stream takes further entries; 0 means no bound."`
	StreamEntries int   `key:"stream-node-max-entries" default:"100" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Entries that a block of a stream takes; 0 means no bound."`
	HLLSparse     int64 `key:"hll-sparse-max-bytes" default:"3000" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Length up to which a HyperLogLog is held compactly."`
}

// Scripting is the limits of scripts.
type Scripting struct {
	BusyReplyThreshold int    `key:"busy-reply-threshold" alias:"lua-time-limit" default:"5000" unit:"milliseconds" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Running time after which others are answered BUSY and a script can be killed; 0 means never."`
	TimeLimit          int64  `key:"script-time-limit" default:"0" unit:"milliseconds" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Running time after which a script is ended and undone; 0 means none."`
	InstructionLimit   int64  `key:"script-instruction-limit" default:"0" unit:"instructions" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Instructions, and comparable steps of library functions, after which a script is ended and undone; 0 means none."`
	MemoryLimit        int64  `key:"script-memory-limit" default:"256mb" unit:"bytes" min:"1048576" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Memory that one run of a script may allocate for its values."`
	CommandLimit       int64  `key:"script-command-limit" default:"0" unit:"commands" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Commands that one run of a script may call; 0 means any number."`
	WriteLimit         int64  `key:"script-write-limit" default:"1gb" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Bytes of keys, elements and values that one run of a script may change, and those of its undo log where they are more than 16mb; 0 means any number."`
	ReplyLimit         int64  `key:"script-reply-limit" default:"0" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Longest reply of a script; 0 means as much as script-memory-limit."`
	PatternLimit       int64  `key:"script-pattern-limit" default:"0" unit:"steps" min:"0" max:"9223372036854775807" live:"yes" origin:"perigee" doc:"Steps of matching Lua patterns in one run of a script; 0 means any number."`
	MaxSource          int64  `key:"script-max-source" default:"1mb" unit:"bytes" min:"1024" max:"67108864" live:"yes" origin:"perigee" doc:"Longest source text of a script or library."`
	OnError            string `key:"script-on-error" default:"keep" enum:"keep,rollback" live:"yes" origin:"perigee" doc:"What becomes of a script's writes when it ends with an error: they stay, as in Redis, or are undone."`
	TransactionOnError string `key:"transaction-on-error" default:"keep" enum:"keep,rollback" live:"yes" origin:"perigee" doc:"What becomes of a transaction when one of its commands fails: the others stand, as in Redis, or EXEC stops there and undoes all."`
	CacheSize          int    `key:"script-cache-size" default:"10000" min:"1" max:"2147483647" live:"yes" origin:"perigee" doc:"Compiled scripts kept for EVALSHA; the one unused longest leaves first."`
}

// Modules is the Lua modules to load and what they are told.
type Modules struct {
	Paths    []string       `key:"modules" repeat:"adds" default:"" live:"no" origin:"perigee" doc:"Lua modules to load at start: files, folders with init.lua, and patterns of either."`
	Settings ModuleSettings `key:"module" repeat:"adds" default:"" live:"no" origin:"perigee" doc:"Settings of modules: in a file one [[module]] table each with its name, elsewhere words name.key=value."`
}

// Operations is what those who run the server look at.
type Operations struct {
	LogLevel             string      `key:"loglevel" default:"notice" enum:"debug,verbose,notice,warning" live:"yes" origin:"redis" doc:"Least important messages that are logged."`
	LogFile              string      `key:"logfile" default:"" live:"no" origin:"redis" doc:"File to append the log to; empty means standard error."`
	SlowlogLogSlowerThan int64       `key:"slowlog-log-slower-than" default:"10000" unit:"microseconds" min:"-1" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Running time from which a command enters the slow log; -1 turns it off."`
	SlowlogMaxLen        int         `key:"slowlog-max-len" default:"128" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Entries the slow log keeps."`
	LatencyThreshold     int64       `key:"latency-monitor-threshold" default:"0" unit:"milliseconds" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Duration from which commands and background work enter the latency monitor; 0 turns it off."`
	LatencyTracking      bool        `key:"latency-tracking" default:"yes" live:"yes" origin:"redis" doc:"Keep a histogram of each command's durations."`
	Percentiles          Percentiles `key:"latency-tracking-info-percentiles" default:"50 99 99.9" live:"yes" origin:"redis" doc:"Percentiles of the durations that INFO latencystats shows."`
	EnableDebugCommand   string      `key:"enable-debug-command" default:"no" enum:"no,yes,local" live:"no" origin:"redis" doc:"Who may use DEBUG: nobody, everybody, or connections from this machine."`
	AdminListen          string      `key:"admin-listen" default:"" check:"address" live:"no" origin:"perigee" doc:"Address and port, as 127.0.0.1:9121, where HTTP serves metrics for Prometheus, health and profiles, without a password; empty means nowhere."`
	AdminRemote          bool        `key:"admin-remote" default:"no" live:"no" origin:"perigee" doc:"Whether admin-listen may be an address that other machines can reach."`
	Hz                   int         `key:"hz" default:"10" min:"0" max:"2147483647" clamp:"1,500" live:"yes" origin:"redis" doc:"Rounds of background work in a second."`
	KeyspaceEvents       Events      `key:"notify-keyspace-events" default:"" live:"yes" origin:"redis" doc:"Classes of keyspace events to publish, as letters: K and E say on which channels, A stands for all classes but m and n."`
}

// Compatibility is what clients and configurations of Redis set and Perigee
// has no use for.
type Compatibility struct {
	LazyfreeEviction  bool `key:"lazyfree-lazy-eviction" default:"no" live:"yes" origin:"redis" doc:"Whether evicted values may be freed later; the garbage collector frees everything later."`
	LazyfreeExpire    bool `key:"lazyfree-lazy-expire" default:"no" live:"yes" origin:"redis" doc:"Whether expired values may be freed later; all are."`
	LazyfreeServerDel bool `key:"lazyfree-lazy-server-del" default:"no" live:"yes" origin:"redis" doc:"Whether overwritten values may be freed later; all are."`
	LazyfreeUserDel   bool `key:"lazyfree-lazy-user-del" default:"no" live:"yes" origin:"redis" doc:"Whether DEL behaves as UNLINK; it does."`
	LazyfreeUserFlush bool `key:"lazyfree-lazy-user-flush" default:"no" live:"yes" origin:"redis" doc:"Whether FLUSHALL and FLUSHDB are asynchronous unless told otherwise; they are."`
	ListCompressDepth int  `key:"list-compress-depth" default:"0" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Uncompressed nodes at the ends of a list; lists are not compressed."`
	ActiveDefrag      bool `key:"activedefrag" default:"no" live:"yes" origin:"redis" doc:"Active defragmentation; the garbage collector makes it unnecessary."`
	IOThreads         int  `key:"io-threads" default:"1" min:"1" max:"128" live:"no" origin:"redis" doc:"Threads for input and output; Perigee chooses by itself."`
}

// Default is the configuration of a server that is told nothing.
func Default() Config {
	var c Config
	for _, s := range Settings() {
		if err := s.parse(&c, s.Default); err != nil {
			panic("config: default of " + s.Name + ": " + err.Error())
		}
	}
	return c
}

// Validate reports what the settings cannot mean together. Bounds of single
// settings were checked when they were parsed.
func (c Config) Validate() []Problem {
	var problems []Problem
	wrong := func(key, value, reason string) {
		problems = append(problems, Problem{Key: key, Value: value, Reason: reason})
	}
	if c.Network.Port == 0 && c.TLS.Port == 0 && c.Network.UnixSocket == "" {
		wrong("port", "0", "nothing to listen on: set port, tls-port or unixsocket")
	}
	if len(c.Network.Bind) == 0 && (c.Network.Port != 0 || c.TLS.Port != 0) {
		wrong("bind", "", "no address to listen on")
	}
	if c.Network.Port != 0 && c.Network.Port == c.TLS.Port {
		wrong("tls-port", formatInt(int64(c.TLS.Port)), "the same as port")
	}
	if c.TLS.Port != 0 {
		if c.TLS.CertFile == "" {
			wrong("tls-cert-file", "", "must be set when tls-port is")
		}
		if c.TLS.KeyFile == "" {
			wrong("tls-key-file", "", "must be set when tls-port is")
		}
		if c.TLS.AuthClients != "no" && c.TLS.CACertFile == "" && c.TLS.CACertDir == "" {
			wrong("tls-ca-cert-file", "", "or tls-ca-cert-dir must be set when tls-port is and tls-auth-clients is not no")
		}
	}
	if c.Replication.ReplicaOf != "" {
		wrong("replicaof", string(c.Replication.ReplicaOf), "Perigee is one node and follows no other; remove it")
	}
	if c.Cluster.Enabled {
		wrong("cluster-enabled", "yes", "Perigee is one node; clients of a cluster cannot be served")
	}
	if at := c.Operations.AdminListen; at != "" && !c.Operations.AdminRemote && !isLoopback(at) {
		wrong("admin-listen", at, "other machines could reach it, and it asks for no password: use an address of this machine such as 127.0.0.1:9121, or set admin-remote")
	}
	if len(c.Clients.Users) > 0 && c.Clients.ACLFile != "" {
		wrong("aclfile", c.Clients.ACLFile, "users are defined by user as well, which would leave holes unseen: use one of them")
	}
	if c.Storage.Dir == "" && !c.Storage.InMemoryOnly() {
		wrong("dir", "", "must name a directory unless ephemeral is set")
	}
	return problems
}
