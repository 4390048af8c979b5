package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"perigee/config"
	"perigee/persist"
)

func journalCommand(std streams) *cobra.Command {
	parent := &cobra.Command{Use: "journal", Short: "Look after the journal of a data directory"}
	var dir string
	var accept bool
	repair := &cobra.Command{
		Use:   "repair",
		Short: "Make a damaged data directory open again",
		Long: `Verify a data directory, whose server must not be running. With --accept-data-loss,
give up what cannot be read: the journal is cut at its last sound unit, and what
stood behind is kept beside it in files named .lost. Without it, nothing changes.`,
		Args: cobra.NoArgs,
		RunE: does(func(*cobra.Command, []string) error {
			keepFilesPrivate()
			if _, err := os.Stat(dir); err != nil {
				return err // opening would make the directory
			}
			if !accept {
				return verifyStore(dir, std)
			}
			return repairStore(dir, std)
		}),
	}
	repair.Flags().StringVar(&dir, "dir", config.Default().Storage.Dir, "data directory")
	repair.Flags().BoolVar(&accept, "accept-data-loss", false, "give up what cannot be read")
	parent.AddCommand(repair)
	return parent
}

// verifyStore says whether a data directory opens.
func verifyStore(dir string, std streams) error {
	store, err := persist.Open(persist.Options{Dir: dir, Log: quietLog(std.err)})
	if err == nil {
		err = store.Close()
	}
	if err == nil {
		fmt.Fprintln(std.out, dir+": nothing is damaged")
	}
	return err
}

func repairStore(dir string, std streams) error {
	gaveUp, err := persist.Repair(persist.Options{Dir: dir, Log: quietLog(std.err)})
	for _, line := range gaveUp {
		fmt.Fprintln(std.out, "gave up: "+line)
	}
	if err == nil && len(gaveUp) == 0 {
		fmt.Fprintln(std.out, dir+": nothing is damaged")
	}
	return err
}
