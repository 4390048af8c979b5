package config

// What configurations and clients of Redis set and one node written in Go has
// no use for: the values are checked, kept and shown as Redis does, and change
// nothing.

// Snapshots is how Redis writes its snapshots and its append-only file, in whose
// place Perigee has the journal.
type Snapshots struct {
	File                   string `key:"dbfilename" default:"dump.rdb" check:"filename" live:"protected" origin:"redis" doc:"Name of the snapshot file."`
	Compression            bool   `key:"rdbcompression" default:"yes" live:"yes" origin:"redis" doc:"Whether snapshots are compressed."`
	Checksum               bool   `key:"rdbchecksum" default:"yes" live:"no" origin:"redis" doc:"Whether snapshots carry a checksum."`
	DeleteSyncFiles        bool   `key:"rdb-del-sync-files" default:"no" live:"yes" origin:"redis" doc:"Whether snapshots made for replicas are deleted."`
	IncrementalSync        bool   `key:"rdb-save-incremental-fsync" default:"yes" live:"yes" origin:"redis" doc:"Whether snapshots are flushed in steps."`
	StopOnError            bool   `key:"stop-writes-on-bgsave-error" default:"yes" live:"yes" origin:"redis" doc:"Whether writes are refused after a snapshot failed; those that the journal has no room for are always refused."`
	Sanitize               string `key:"sanitize-dump-payload" default:"no" enum:"no,yes,clients" live:"yes" origin:"redis" doc:"Whether serialized values are checked in depth; they always are."`
	AppendFile             string `key:"appendfilename" default:"appendonly.aof" check:"filename" live:"no" origin:"redis" doc:"Name of the append-only file."`
	AppendDir              string `key:"appenddirname" default:"appendonlydir" check:"dirname" live:"no" origin:"redis" doc:"Directory of the append-only file."`
	NoSyncOnRewrite        bool   `key:"no-appendfsync-on-rewrite" default:"no" live:"yes" origin:"redis" doc:"Whether flushing pauses during a rewrite; it never does."`
	RewritePercentage      int    `key:"auto-aof-rewrite-percentage" default:"100" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Growth that starts a rewrite; the journal is folded all the time."`
	RewriteMinSize         int64  `key:"auto-aof-rewrite-min-size" default:"64mb" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Size from which a rewrite may start."`
	LoadTruncated          bool   `key:"aof-load-truncated" default:"yes" live:"yes" origin:"redis" doc:"Whether a cut-off end is accepted; a torn tail of the journal always is."`
	Preamble               bool   `key:"aof-use-rdb-preamble" default:"yes" live:"yes" origin:"redis" doc:"Whether a rewrite begins with a snapshot."`
	RewriteIncrementalSync bool   `key:"aof-rewrite-incremental-fsync" default:"yes" live:"yes" origin:"redis" doc:"Whether a rewrite is flushed in steps."`
	Timestamps             bool   `key:"aof-timestamp-enabled" default:"no" live:"yes" origin:"redis" doc:"Whether the append-only file notes times."`
	KeepOldFiles           bool   `key:"aof-disable-auto-gc" default:"no" live:"yes" origin:"redis" doc:"Whether old append-only files are kept."`
}

// Replication is what a primary and its replicas agree on: Perigee is one node.
type Replication struct {
	ReplicaOf           PrimaryAddress `key:"replicaof" alias:"slaveof" default:"" live:"no" origin:"redis" doc:"Primary to follow; only its absence is accepted."`
	PrimaryUser         string         `key:"masteruser" default:"" live:"yes" origin:"redis" doc:"User to present to the primary."`
	PrimaryAuth         string         `key:"masterauth" default:"" live:"yes" origin:"redis" doc:"Password to present to the primary."`
	ServeStaleData      bool           `key:"replica-serve-stale-data" alias:"slave-serve-stale-data" default:"yes" live:"yes" origin:"redis" doc:"Whether a replica answers while it has lost its primary."`
	ReadOnly            bool           `key:"replica-read-only" alias:"slave-read-only" default:"yes" live:"yes" origin:"redis" doc:"Whether a replica refuses writes."`
	IgnoreMaxMemory     bool           `key:"replica-ignore-maxmemory" alias:"slave-ignore-maxmemory" default:"yes" live:"yes" origin:"redis" doc:"Whether a replica leaves eviction to its primary."`
	IgnoreDiskErrors    bool           `key:"replica-ignore-disk-write-errors" default:"no" live:"yes" origin:"redis" doc:"Whether a replica goes on when its disk fails."`
	LazyFlush           bool           `key:"replica-lazy-flush" alias:"slave-lazy-flush" default:"no" live:"yes" origin:"redis" doc:"Whether a replica empties itself in the background."`
	Priority            int            `key:"replica-priority" alias:"slave-priority" default:"100" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Rank of a replica in a failover."`
	Announced           bool           `key:"replica-announced" default:"yes" live:"yes" origin:"redis" doc:"Whether a replica is shown to clients of Sentinel."`
	AnnounceIP          string         `key:"replica-announce-ip" alias:"slave-announce-ip" default:"" live:"yes" origin:"redis" doc:"Address that a replica says it has."`
	AnnouncePort        int            `key:"replica-announce-port" alias:"slave-announce-port" default:"0" min:"0" max:"65535" live:"yes" origin:"redis" doc:"Port that a replica says it has."`
	MinReplicas         int            `key:"min-replicas-to-write" alias:"min-slaves-to-write" default:"0" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Replicas without which writes are refused; none are, for there are no replicas."`
	MaxLag              int            `key:"min-replicas-max-lag" alias:"min-slaves-max-lag" default:"10" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Lag up to which a replica counts."`
	BacklogSize         int64          `key:"repl-backlog-size" default:"1mb" unit:"bytes" min:"1" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Bytes kept for replicas that come back."`
	BacklogTTL          int            `key:"repl-backlog-ttl" default:"3600" unit:"seconds" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Time without replicas after which these are let go."`
	Timeout             int            `key:"repl-timeout" default:"60" unit:"seconds" min:"1" max:"2147483647" live:"yes" origin:"redis" doc:"Silence after which the other side is taken for dead."`
	PingPeriod          int            `key:"repl-ping-replica-period" alias:"repl-ping-slave-period" default:"10" unit:"seconds" min:"1" max:"2147483647" live:"yes" origin:"redis" doc:"Time between two pings to replicas."`
	DisableNoDelay      bool           `key:"repl-disable-tcp-nodelay" default:"no" live:"yes" origin:"redis" doc:"Whether small packets to replicas are held back."`
	DisklessSync        bool           `key:"repl-diskless-sync" default:"yes" live:"yes" origin:"redis" doc:"Whether a replica is filled without a file."`
	DisklessDelay       int            `key:"repl-diskless-sync-delay" default:"5" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Wait for more replicas before that begins."`
	DisklessMaxReplicas int            `key:"repl-diskless-sync-max-replicas" default:"0" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Replicas that end this wait."`
	DisklessLoad        string         `key:"repl-diskless-load" default:"disabled" enum:"disabled,on-empty-db,swapdb" live:"yes" origin:"redis" doc:"How a replica loads what it is sent."`
	ErrorBehavior       string         `key:"propagation-error-behavior" default:"ignore" enum:"ignore,panic,panic-on-replicas" live:"yes" origin:"redis" doc:"What follows an error in the replication stream."`
}

// Cluster is about Redis Cluster, which Perigee is no member of.
type Cluster struct {
	Enabled          bool   `key:"cluster-enabled" default:"no" live:"no" origin:"redis" doc:"Whether this is a node of a cluster; only no is accepted."`
	ConfigFile       string `key:"cluster-config-file" default:"nodes.conf" live:"no" origin:"redis" doc:"File of the cluster's state."`
	Port             int    `key:"cluster-port" default:"0" min:"0" max:"65535" live:"no" origin:"redis" doc:"Port of the cluster bus."`
	NodeTimeout      int    `key:"cluster-node-timeout" default:"15000" unit:"milliseconds" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Silence after which a node is taken for dead."`
	MigrationBarrier int    `key:"cluster-migration-barrier" default:"1" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Replicas a primary keeps when one moves."`
	ReplicaMigration bool   `key:"cluster-allow-replica-migration" default:"yes" live:"yes" origin:"redis" doc:"Whether replicas move to primaries that have none."`
	ValidityFactor   int    `key:"cluster-replica-validity-factor" alias:"cluster-slave-validity-factor" default:"10" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"How stale a replica may be to take over."`
	NoFailover       bool   `key:"cluster-replica-no-failover" alias:"cluster-slave-no-failover" default:"no" live:"yes" origin:"redis" doc:"Whether replicas never take over."`
	FullCoverage     bool   `key:"cluster-require-full-coverage" default:"yes" live:"yes" origin:"redis" doc:"Whether all slots must be served."`
	ReadsWhenDown    bool   `key:"cluster-allow-reads-when-down" default:"no" live:"yes" origin:"redis" doc:"Whether reads go on in a failed cluster."`
	PubSubWhenDown   bool   `key:"cluster-allow-pubsubshard-when-down" default:"yes" live:"yes" origin:"redis" doc:"Whether sharded messages go on in a failed cluster."`
	LinkLimit        int64  `key:"cluster-link-sendbuf-limit" default:"0" unit:"bytes" min:"0" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Unsent bytes of a link between nodes."`
	AnnounceIP       string `key:"cluster-announce-ip" default:"" live:"yes" origin:"redis" doc:"Address that the node says it has."`
	AnnounceHostname string `key:"cluster-announce-hostname" default:"" check:"hostname" live:"yes" origin:"redis" doc:"Host name that the node says it has."`
	AnnounceName     string `key:"cluster-announce-human-nodename" default:"" check:"hostname" live:"yes" origin:"redis" doc:"Name of the node in logs."`
	AnnouncePort     int    `key:"cluster-announce-port" default:"0" min:"0" max:"65535" live:"yes" origin:"redis" doc:"Port that the node says it has."`
	AnnounceTLSPort  int    `key:"cluster-announce-tls-port" default:"0" min:"0" max:"65535" live:"yes" origin:"redis" doc:"TLS port that the node says it has."`
	AnnounceBusPort  int    `key:"cluster-announce-bus-port" default:"0" min:"0" max:"65535" live:"yes" origin:"redis" doc:"Bus port that the node says it has."`
	EndpointType     string `key:"cluster-preferred-endpoint-type" default:"ip" enum:"ip,hostname,unknown-endpoint" live:"yes" origin:"redis" doc:"How nodes are named to clients."`
}

// Machine is how Redis uses its machine; Perigee leaves that to Go's runtime.
type Machine struct {
	ShutdownTimeout        int            `key:"shutdown-timeout" default:"10" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Wait of a shutdown for replicas; there are none."`
	OnInterrupt            SignalShutdown `key:"shutdown-on-sigint" default:"default" live:"yes" origin:"redis" doc:"What SIGINT does, as the words of SHUTDOWN; they make no difference to a journal."`
	OnTerminate            SignalShutdown `key:"shutdown-on-sigterm" default:"default" live:"yes" origin:"redis" doc:"What SIGTERM does, likewise."`
	Daemonize              bool           `key:"daemonize" default:"no" live:"no" origin:"redis" doc:"Whether to go to the background; Perigee stays in the foreground, with a warning."`
	IOThreadsDoReads       bool           `key:"io-threads-do-reads" default:"no" live:"no" origin:"redis" doc:"Whether threads read as well."`
	DefragCycleMin         int            `key:"active-defrag-cycle-min" default:"1" min:"1" max:"99" live:"yes" origin:"redis" doc:"Least effort of defragmentation, in percent."`
	DefragCycleMax         int            `key:"active-defrag-cycle-max" default:"25" min:"1" max:"99" live:"yes" origin:"redis" doc:"Most effort of defragmentation, in percent."`
	DefragIgnoreBytes      int64          `key:"active-defrag-ignore-bytes" default:"100mb" unit:"bytes" min:"1" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Waste below which nothing is defragmented."`
	DefragMaxFields        int            `key:"active-defrag-max-scan-fields" default:"1000" min:"1" max:"9223372036854775807" live:"yes" origin:"redis" doc:"Elements up to which a value is defragmented at once."`
	DefragLower            int            `key:"active-defrag-threshold-lower" default:"10" min:"0" max:"1000" live:"yes" origin:"redis" doc:"Waste that starts defragmentation, in percent."`
	DefragUpper            int            `key:"active-defrag-threshold-upper" default:"100" min:"0" max:"1000" live:"yes" origin:"redis" doc:"Waste at which it works hardest, in percent."`
	ActiveRehashing        bool           `key:"activerehashing" default:"yes" live:"yes" origin:"redis" doc:"Whether tables are resized in spare time."`
	DynamicHz              bool           `key:"dynamic-hz" default:"yes" live:"yes" origin:"redis" doc:"Whether background work grows with the clients."`
	JemallocThread         bool           `key:"jemalloc-bg-thread" default:"yes" live:"yes" origin:"redis" doc:"Whether memory is given back in the background."`
	DisableTHP             bool           `key:"disable-thp" default:"yes" live:"no" origin:"redis" doc:"Whether huge pages are turned off for the process."`
	OOMScoreAdj            string         `key:"oom-score-adj" default:"no" enum:"no,yes,relative,absolute" live:"yes" origin:"redis" doc:"Whether to change how likely the system is to kill the process."`
	OOMScores              OOMScores      `key:"oom-score-adj-values" default:"0 200 800" live:"yes" origin:"redis" doc:"Three scores for it."`
	ProcTitle              bool           `key:"set-proc-title" default:"yes" live:"no" origin:"redis" doc:"Whether the process changes its title."`
	ProcTitleTemplate      string         `key:"proc-title-template" default:"{title} {listen-addr} {server-mode}" check:"title" live:"yes" origin:"redis" doc:"What title it takes."`
	ServerCPUs             string         `key:"server_cpulist" default:"" live:"no" origin:"redis" doc:"Processors of the main thread."`
	BackgroundCPUs         string         `key:"bio_cpulist" default:"" live:"no" origin:"redis" doc:"Processors of background threads."`
	RewriteCPUs            string         `key:"aof_rewrite_cpulist" default:"" live:"no" origin:"redis" doc:"Processors of a rewrite."`
	SaveCPUs               string         `key:"bgsave_cpulist" default:"" live:"no" origin:"redis" doc:"Processors of a snapshot."`
	CrashLog               bool           `key:"crash-log-enabled" default:"yes" live:"yes" origin:"redis" doc:"Whether a crash writes a report; Go's runtime always does."`
	CrashMemoryCheck       bool           `key:"crash-memcheck-enabled" default:"yes" live:"yes" origin:"redis" doc:"Whether a crash tests the memory."`
	IgnoreWarnings         string         `key:"ignore-warnings" default:"" live:"yes" origin:"redis" doc:"Warnings that do not stop the start."`
	LocaleCollate          string         `key:"locale-collate" default:"" live:"yes" origin:"redis" doc:"Locale by which SORT compares; it compares bytes."`
	SourceAddress          string         `key:"bind-source-addr" default:"" live:"yes" origin:"redis" doc:"Address that outgoing connections come from; there are none."`
	SocketMark             int            `key:"socket-mark-id" default:"0" min:"0" max:"4294967295" live:"no" origin:"redis" doc:"Mark of the sockets."`
	ModuleCommand          string         `key:"enable-module-command" default:"no" enum:"no,yes,local" live:"no" origin:"redis" doc:"Who may load modules of Redis; nobody can."`
	TLSPreferServerCiphers bool           `key:"tls-prefer-server-ciphers" default:"no" live:"yes" origin:"redis" doc:"Whether the server's order of ciphers prevails; it always does."`
	TLSSessionCacheSize    int            `key:"tls-session-cache-size" default:"20480" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"Sessions to remember; tickets need no memory."`
	TLSSessionCacheTimeout int            `key:"tls-session-cache-timeout" default:"300" unit:"seconds" min:"0" max:"2147483647" live:"yes" origin:"redis" doc:"How long a session is remembered; tickets hold for a week."`
	TLSCluster             bool           `key:"tls-cluster" default:"no" live:"yes" origin:"redis" doc:"Whether the cluster bus uses TLS."`
	TLSReplication         bool           `key:"tls-replication" default:"no" live:"yes" origin:"redis" doc:"Whether replication uses TLS."`
	TLSClientCert          string         `key:"tls-client-cert-file" default:"" live:"yes" origin:"redis" doc:"Certificate for outgoing connections."`
	TLSClientKey           string         `key:"tls-client-key-file" default:"" live:"yes" origin:"redis" doc:"Key of this certificate."`
	TLSClientKeyPass       string         `key:"tls-client-key-file-pass" default:"" live:"yes" origin:"redis" doc:"Password of this key."`
	TLSDHParams            string         `key:"tls-dh-params-file" default:"" live:"yes" origin:"redis" doc:"Parameters of Diffie-Hellman; the curves of TLS need none."`
}
