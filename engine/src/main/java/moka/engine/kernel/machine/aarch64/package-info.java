/**
 * An assembler for AArch64, as small as the kernels allow.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine.aarch64;
