/** Measuring speed: what to measure, the measurement, its table, and what the machine itself can do. */
@org.jspecify.annotations.NullMarked
package moka.cli.bench;
