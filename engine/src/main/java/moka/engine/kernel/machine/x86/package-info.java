/** An encoder for the x86-64 instructions that the kernels use. */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine.x86;
