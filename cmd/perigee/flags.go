package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"perigee/config"
)

// addSettings makes a flag of every setting; those of aliases, and of settings
// without effect, are not shown in the help.
// Values stay text: config parses them, so that all sources obey one rule.
func addSettings(cmd *cobra.Command) {
	for _, s := range config.Settings() {
		addSetting(cmd, s, s.Name).Hidden = s.Inert
		if s.Alias != "" {
			addSetting(cmd, s, s.Alias).Hidden = true
		}
	}
}

func addSetting(cmd *cobra.Command, s config.Setting, name string) *pflag.Flag {
	value := &settingValue{kind: s.Allowed(), initial: s.Default}
	flag := cmd.Flags().VarPF(value, name, "", s.Doc)
	words := s.Enum
	if s.Bool {
		flag.NoOptDefVal = "yes"
		words = []string{"yes", "no"}
	}
	if words != nil {
		// Fails only for a flag that does not exist or has been registered before.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return flag
}

// usageByGroup is the help of serve: its flags under the headings of the README.
func usageByGroup(cmd *cobra.Command) error {
	out := cmd.OutOrStderr()
	fmt.Fprintf(out, "Usage:\n  %s\n\nExamples:\n%s\n", cmd.UseLine(), cmd.Example)
	titles := []string{""}
	groups := map[string]*pflag.FlagSet{"": newGroup()}
	for _, name := range []string{"config", "help"} {
		if flag := cmd.Flags().Lookup(name); flag != nil {
			groups[""].AddFlag(flag)
		}
	}
	for _, s := range config.Settings() {
		if s.Inert {
			continue
		}
		if groups[s.Group] == nil {
			groups[s.Group] = newGroup()
			titles = append(titles, s.Group)
		}
		groups[s.Group].AddFlag(cmd.Flags().Lookup(s.Name))
	}
	for _, title := range titles {
		heading := title
		if heading == "" {
			heading = "Flags"
		}
		fmt.Fprintf(out, "\n%s:\n%s", heading, groups[title].FlagUsagesWrapped(helpWidth))
	}
	return nil
}

// helpWidth is where lines of the help end.
const helpWidth = 120

func newGroup() *pflag.FlagSet {
	group := pflag.NewFlagSet("", pflag.ContinueOnError)
	group.SortFlags = false
	return group
}

// givenSettings is the texts of the settings' flags that were given.
func givenSettings(cmd *cobra.Command) map[string][]string {
	given := map[string][]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if value, ok := f.Value.(*settingValue); ok {
			given[f.Name] = value.texts
		}
	})
	return given
}

// settingValue keeps the texts that a flag is given.
type settingValue struct {
	kind    string
	initial string
	texts   []string
}

func (v *settingValue) Set(text string) error {
	v.texts = append(v.texts, text)
	return nil
}

func (v *settingValue) String() string { return v.initial }

// Type is what the help shows behind the flag's name.
func (v *settingValue) Type() string {
	switch {
	case strings.Contains(v.kind, " to "), strings.Contains(v.kind, " or more"), v.kind == "integer":
		return "number"
	case len(v.kind) > 40:
		return "word"
	}
	return strings.ReplaceAll(v.kind, ", ", "|")
}

// joinValues lets the flags of serve take their values as redis-server does, in
// the words behind them: one that may stand alone takes yes or no, one that is
// a list all words up to the next flag. pflag wants them behind an equals sign.
func joinValues(args []string) []string {
	if len(args) == 0 || args[0] != "serve" {
		return args
	}
	settings := map[string]config.Setting{}
	for _, s := range config.Settings() {
		settings["--"+s.Name] = s
		if s.Alias != "" {
			settings["--"+s.Alias] = s
		}
	}
	var joined []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if n := valueWords(settings[arg], args[i+1:]); n > 0 {
			arg += "=" + settings[arg].JoinWords(args[i+1:i+1+n])
			i += n
		}
		joined = append(joined, arg)
	}
	return joined
}

// valueWords is how many of the words behind a flag are its value; 0 leaves
// them to pflag.
func valueWords(s config.Setting, words []string) int {
	switch {
	case s.Name == "" || len(words) == 0:
		return 0
	case s.Bool && isBoolean(words[0]):
		return 1
	case !s.Several():
		return 0
	}
	n := 0
	for n < len(words) && !strings.HasPrefix(words[n], "--") && (words[n] != "-" || n < len(words)-1) {
		n++
	}
	return n
}

func isBoolean(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "no", "true", "false":
		return true
	}
	return false
}
