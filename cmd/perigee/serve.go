package main

import (
	"errors"
	"fmt"
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
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until SIGINT or SIGTERM, or SHUTDOWN from a client.

Every setting is a flag; it may stand in the environment too, as PERIGEE_MAXMEMORY
for --maxmemory, or in the file that --config or PERIGEE_CONFIG names, in TOML or
YAML. Of these the first prevails.`,
		Example: "  perigee serve\n  perigee serve --port 7000 --dir ./data --appendfsync always\n  perigee serve --config /etc/perigee/perigee.toml",
		Args:    cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				file = os.Getenv(config.EnvFile)
			}
			loaded, err := config.Load(config.Sources{File: file, Flags: givenSettings(cmd)})
			var problems config.Problems
			if errors.As(err, &problems) {
				return &failure{exitUsage, fmt.Errorf("the configuration is wrong:\n%w", err)}
			}
			return serve(loaded, std)
		}),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&file, "config", "", "configuration file, .toml or .yaml")
	addSettings(cmd)
	return cmd
}

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
	log := target.logger(level)
	for _, warning := range loaded.Warnings {
		log.Warn(warning)
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
	defer onSignals(node, target, log)()
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
	if !target.forPeople() {
		log.Info("ready", "version", version(), "pid", os.Getpid(), "addresses", n.addresses(), "dir", dir,
			"appendfsync", fsync, "keys", n.keys, "modules", n.modules, "took", took.String())
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
