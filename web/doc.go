// Package web
package web
