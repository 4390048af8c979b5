// Package config says what can be set, and reads it.
//
// Its one idea: a setting is declared once, as a tagged field of Config, and
// all else is computed from the tag: the default, the bounds, the flag, the
// environment variable, the key in the file, CONFIG GET and SET, the README's
// table. Load reads all sources into a Config and reports every problem at
// once; Parameters holds a Config while the server runs, for CONFIG.
//
// Names and texts are those of Redis wherever it has the setting. A list or
// table has one text form as well, so that every setting fits a flag, an
// environment variable and CONFIG GET: words separated by spaces, quoted where
// they hold spaces themselves.
//
// Nobody outside this package meets viper, and other packages are not handed a
// Config: whoever wires the server takes from it what each part needs.
package config
