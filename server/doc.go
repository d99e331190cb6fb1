// Package server runs a P4P server: one process, one data folder, no other
// service.
//
// The parts, from the wire to the disk:
//
//	api      HTTP and websocket calls, limits, metrics
//	web      what a browser gets to see
//	hub      the one writer, and the frames that every subscriber reads
//	mailbox  the life of a friendship's mailbox, as a pure function
//	store    the log, the mailboxes and the pictures, in SQLite
//	embed    a home's own server: who starts it, ends it, and takes it over
//
// What is logged names nobody: no address, no link, no token, no query, and no
// two UUIDs together.
package server
