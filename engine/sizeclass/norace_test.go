//go:build !race

package sizeclass

const raced = false
