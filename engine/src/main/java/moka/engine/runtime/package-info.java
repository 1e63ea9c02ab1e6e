/** Threads, memory, and facts about the machine. */
@org.jspecify.annotations.NullMarked
package moka.engine.runtime;
