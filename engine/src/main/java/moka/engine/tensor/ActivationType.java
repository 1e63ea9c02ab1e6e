package moka.engine.tensor;

/** To what the fast path rounds activations before it multiplies them with weights of a type. */
public enum ActivationType {
    /** Not at all. */
    F32,
    F16,
    BF16,
    /** Signed bytes with a float32 or float16 scale for each 32 values. */
    Q8_0,
    /** The same with the sum of the codes, for weights with a minimum. */
    Q8_1,
    /** Signed bytes with one float32 scale for each 256 values. */
    Q8_K
}
