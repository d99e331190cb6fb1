// Package store is a server's data folder: the log, the pictures, the mailboxes.
package store
