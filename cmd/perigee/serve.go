package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"perigee/config"
)

func serveCommand(std streams) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve [FILE] [flags] [-]",
		Short: "Run the server",
		Long: `Run the server until SIGINT or SIGTERM, or SHUTDOWN from a client.

Every setting is a flag; it may stand in the environment too, as PERIGEE_MAXMEMORY
for --maxmemory, or in the configuration file, which is TOML or YAML if its name
ends so, and else in the format of redis.conf. Of these the first prevails. A last
argument - reads more configuration, in the format of redis.conf, from standard input.

Settings of Redis that have no effect here are accepted and not shown below.`,
		Example: "  perigee serve\n  perigee serve /etc/redis/redis.conf --port 7000\n  perigee serve --config perigee.toml --dir ./data --appendfsync always\n  echo 'maxmemory 1gb' | perigee serve -",
		RunE: does(func(cmd *cobra.Command, args []string) error {
			sources, err := configurationSources(file, args, std.in)
			if err != nil {
				return err
			}
			sources.Flags = givenSettings(cmd)
			loaded, err := config.Load(sources)
			var problems config.Problems
			if errors.As(err, &problems) {
				return &failure{exitUsage, fmt.Errorf("the configuration is wrong:\n%w", err)}
			}
			return serve(loaded, std)
		}),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&file, "config", "", "configuration file: .toml, .yaml, or any other name in the format of redis.conf")
	addSettings(cmd)
	cmd.SetUsageFunc(usageByGroup)
	return cmd
}

// configurationSources is what --config, the environment and the arguments name.
func configurationSources(file string, args []string, input io.Reader) (config.Sources, error) {
	src := config.Sources{File: file}
	if n := len(args); n > 0 && args[n-1] == "-" {
		text, err := io.ReadAll(io.LimitReader(input, maxInput))
		if err != nil {
			return src, fmt.Errorf("read configuration: %w", err)
		}
		src.Input, src.HasInput, args = string(text), true, args[:n-1]
	}
	switch {
	case len(args) > 1:
		return src, &failure{exitUsage, fmt.Errorf("serve takes one configuration file; what is %q?", args[1])}
	case len(args) == 1 && file != "":
		return src, &failure{exitUsage, errors.New("serve takes one configuration file, as an argument or by --config")}
	case len(args) == 1:
		src.File = args[0]
	case file == "":
		src.File = os.Getenv(config.EnvFile)
	}
	return src, nil
}

// maxInput bounds a configuration on standard input.
const maxInput = 16 << 20

// serve runs a server until it is told to stop.
func serve(loaded config.Loaded, std streams) error {
	began := time.Now()
	keepFilesPrivate()
	target, err := openLog(loaded.Config.Operations.LogFile, std.err)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	level.Set(logLevel(loaded.Config.Operations.LogLevel))
	log := target.logger(level, loaded.Config.Process)
	for _, warning := range loaded.Warnings {
		log.Warn(warning)
	}
	if loaded.Config.Machine.Daemonize {
		log.Warn("daemonize is not supported: the server stays in the foreground, for systemd or a shell to look after")
	}
	lowerMaxClients(&loaded.Config, log)
	parameters := config.NewParameters(loaded)
	parameters.Watch(func(c config.Config) error {
		level.Set(logLevel(c.Operations.LogLevel))
		return nil
	}, "loglevel")

	node, err := assemble(parameters, log)
	if err != nil {
		return err
	}
	defer writePidFile(loaded.Config.Process.PidFile, log)()
	defer onSignals(node, target, log)()
	supervisor := findSupervisor(loaded.Config.Process.Supervised, log)
	supervisor.tell("READY=1", "STATUS=Ready to accept connections")
	defer supervisor.tell("STOPPING=1")
	announce(node, target, log, time.Since(began))
	if err := node.run(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	log.Info("stopped")
	return nil
}

// onSignals stops the node at the first signal that asks for it and ends the
// process at the second. The result ends the goroutine that listens.
func onSignals(n *node, target *logTarget, log *slog.Logger) (cease func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	// The goroutine touches only what is safe to be called from any, and ends when the server has.
	go func() {
		stopping := false
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				switch {
				case s == syscall.SIGHUP:
					if err := target.reopen(); err != nil {
						log.Error(err.Error())
					}
				case stopping:
					log.Warn("second signal: leaving at once", "signal", s.String())
					os.Exit(exitInterrupt)
				default:
					stopping = true
					log.Info("stopping", "signal", s.String())
					n.stop()
				}
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// announce says that the server is ready, and on what: a screen for people, a
// record for machines.
func announce(n *node, target *logTarget, log *slog.Logger, took time.Duration) {
	storage := n.settings.Storage
	dir, fsync := storage.Dir, storage.AppendFsync
	if storage.InMemoryOnly() {
		dir, fsync = "none: in memory only", "none"
	}
	took = took.Round(time.Millisecond)
	screen := target.forPeople()
	if !screen {
		log.Info("ready", "version", version(), "pid", os.Getpid(), "addresses", n.addresses(), "dir", dir,
			"appendfsync", fsync, "keys", n.keys, "modules", n.modules, "took", took.String())
	}
	if !screen && !n.settings.Process.AlwaysShowLogo {
		return
	}
	modules := "none"
	if len(n.modules) > 0 {
		modules = strings.Join(n.modules, ", ")
	}
	fmt.Fprintf(target, `
  Perigee %s, pid %d

  address   %s
  data      %s
  fsync     %s
  keys      %d
  modules   %s

  Ready after %v. Ctrl-C stops the server.

`, version(), os.Getpid(), strings.Join(n.addresses(), ", "), dir, fsync, n.keys, modules, took)
}
