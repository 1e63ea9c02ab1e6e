/** Kernels in machine code that is written at start for the processor found. */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine;
