//go:build race

package sizeclass

// raced says that the race detector is on, which packs no small objects together.
const raced = true
