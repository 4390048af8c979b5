package engine

// Settings is the engine's part of the configuration: values that config has
// already checked. Fields may change between two commands.
type Settings struct {
	Databases int

	ACLLogMaxLen    int  // acllog-max-len
	ACLEveryChannel bool // acl-pubsub-default is allchannels

	MaxClients        int
	Timeout           int // seconds, 0 = never
	TCPKeepAlive      int // seconds
	ProtectedMode     bool
	MaxBulkLen        int // proto-max-bulk-len, bytes
	QueryBufferLimit  int // bytes
	OutputLimits      [3]OutputLimit
	MaxMemory         int64 // bytes, 0 = no bound
	Policy            EvictionPolicy
	EvictionSamples   int   // maxmemory-samples
	EvictionTenacity  int   // maxmemory-eviction-tenacity, 0 to 100
	ClientsMemory     int64 // maxmemory-clients: bytes, or percent of maxmemory if negative
	LFULogFactor      int   // lfu-log-factor
	LFUDecayTime      int   // lfu-decay-time, minutes
	BusyThresholdMs   int64 // busy-reply-threshold, 0 = never
	SlowlogSlowerThan int64 // microseconds, negative = off
	SlowlogMaxLen     int
	LatencyThreshold  int64      // latency-monitor-threshold, milliseconds, 0 = off
	LatencyTracking   bool       // latency-tracking: a histogram for each command
	Percentiles       []float64  // latency-tracking-info-percentiles
	ExpireEffort      int        // active-expire-effort, 1 to 10
	Events            EventClass // notify-keyspace-events
	TrackingMaxKeys   int        // tracking-table-max-keys, 0 = no bound
	Hz                int

	HashMaxListpackEntries int
	HashMaxListpackValue   int
	SetMaxIntsetEntries    int
	SetMaxListpackEntries  int
	SetMaxListpackValue    int
	ZSetMaxListpackEntries int
	ZSetMaxListpackValue   int
	ListMaxListpackSize    int
	StreamNodeMaxBytes     int // 0 = no bound
	StreamNodeMaxEntries   int // 0 = no bound
	HLLSparseMaxBytes      int

	DebugCommand   string // enable-debug-command: yes, no, local
	ScriptLimits   ScriptLimits
	ScriptSource   int  // script-max-source, bytes
	ScriptCache    int  // script-cache-size, scripts that EVAL brought
	ScriptRollback bool // script-on-error: an error undoes what the script wrote

	TransactionRollback bool // transaction-on-error: likewise of EXEC's commands
}

// OutputLimit bounds the replies that wait for one client: class 0 normal,
// 1 replica, 2 pubsub. Zero is no bound.
type OutputLimit struct {
	Hard, Soft  int64 // bytes
	SoftSeconds int
}

// DefaultSettings are Redis's defaults.
func DefaultSettings() Settings {
	return Settings{
		Databases: 16, ACLLogMaxLen: 128, MaxClients: 10000, TCPKeepAlive: 300, ProtectedMode: true,
		MaxBulkLen: 512 << 20, QueryBufferLimit: 1 << 30,
		OutputLimits:    [3]OutputLimit{1: {256 << 20, 64 << 20, 60}, 2: {32 << 20, 8 << 20, 60}},
		EvictionSamples: 5, EvictionTenacity: 10, LFULogFactor: 10, LFUDecayTime: 1,
		BusyThresholdMs: 5000, SlowlogSlowerThan: 10000, SlowlogMaxLen: 128, LatencyTracking: true, Percentiles: []float64{50, 99, 99.9}, ExpireEffort: 1, Hz: 10, TrackingMaxKeys: 1000000,
		HashMaxListpackEntries: 512, HashMaxListpackValue: 64,
		SetMaxIntsetEntries: 512, SetMaxListpackEntries: 128, SetMaxListpackValue: 64,
		ZSetMaxListpackEntries: 128, ZSetMaxListpackValue: 64, ListMaxListpackSize: -2, HLLSparseMaxBytes: 3000,
		StreamNodeMaxBytes: 4096, StreamNodeMaxEntries: 100,
		DebugCommand: "no", ScriptLimits: ScriptLimits{Memory: 64 << 20}, ScriptSource: 256 << 10, ScriptCache: 500,
	}
}
