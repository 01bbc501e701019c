package main

import (
	"context"
	"errors"
	"log/slog"

	"warmline/internal/config"
)

// runServer is a runner.
func runServer(context.Context, *config.Config, *slog.Logger, <-chan struct{}, <-chan *config.Config) error {
	return errors.New("this build has no server")
}
