package main

import (
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
	if len(v.kind) > 40 {
		return "word"
	}
	return strings.ReplaceAll(v.kind, ", ", "|")
}

// joinBooleans lets flags of yes-or-no settings take their value as a word of
// its own, as in --appendonly no: a flag that may stand alone otherwise takes
// its value only behind an equals sign.
func joinBooleans(args []string) []string {
	if len(args) == 0 || args[0] != "serve" {
		return args
	}
	boolean := map[string]bool{}
	for _, s := range config.Settings() {
		boolean["--"+s.Name] = s.Bool
	}
	var joined []string
	for _, arg := range args {
		if n := len(joined); n > 0 && boolean[joined[n-1]] && isBoolean(arg) {
			joined[n-1] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

func isBoolean(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "no", "true", "false":
		return true
	}
	return false
}
