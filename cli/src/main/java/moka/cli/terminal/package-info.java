/** The process as commands see it: streams, the interrupt key, exit codes, and errors as one line. */
@org.jspecify.annotations.NullMarked
package moka.cli.terminal;
