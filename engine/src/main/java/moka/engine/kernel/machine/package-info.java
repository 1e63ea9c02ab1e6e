/**
 * Kernels in machine code that is written at start for the processor found.
 *
 * <p>Weights are kept in panels of 16 rows ({@link moka.engine.kernel.machine.PanelFormat}), activations rounded to 8 bits
 * ({@link moka.engine.kernel.machine.ActivationRow}). Each tensor type is described once, by where its codes and scales lie; from the description
 * come a kernel that streams panels (decoding), one that unpacks them for the cache, and the tiles of prefill.
 *
 * <p>Where to begin, by what is computed; {@link moka.engine.kernel.machine.MachineKernels} has all of it. On the left what Java does for a team of
 * threads, on the right the routines, which {@link moka.engine.kernel.machine.KernelCode} lists:
 *
 * <pre>
 *   products of matrices   Projections, ExpertProjections   QuantizeKernel, RowKernels; StreamKernel; UnpackKernel, TileKernel; FloatKernel
 *   copies in panels       Repacking, PanelMatrix           PackKernel; PaletteRows and PlainRows in Java
 *   attention              MachineAttention, QueryGroup     AttentionInputCode, AttentionProducts, SoftmaxCode
 *   states                 MachineLocalKernels              HeadsCode, ChannelsCode, DeltaCode, StateRowCode
 *   memory and code        PanelMemory, CodeStore           Assembler, Frame, Registers
 * </pre>
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine;
