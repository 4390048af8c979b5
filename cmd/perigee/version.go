package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version and what it was built from",
		Args:  cobra.NoArgs,
		RunE: does(func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.out, "perigee "+version())
			return err
		}),
	}
}

// version is the module's version where the build knows one, the revision, and
// what the binary runs on.
func version() string {
	parts := []string{"devel"}
	if info, ok := debug.ReadBuildInfo(); ok {
		parts = buildVersion(info)
	}
	return strings.Join(append(parts, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH), " ")
}

func buildVersion(info *debug.BuildInfo) []string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	parts := []string{"devel"}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		parts[0] = v
	}
	if revision := setting["vcs.revision"]; revision != "" {
		revision = revision[:min(12, len(revision))]
		if setting["vcs.modified"] == "true" {
			revision += "+changes"
		}
		parts = append(parts, revision)
	}
	return parts
}
