package moka.engine;

/**
 * What an operation of the forward pass took so far, over all layers. Measured on the thread that runs a session, so it is time by the clock.
 *
 * @param operation in order of the data: {@code norm → attn_q, attn_k, attn_v}; products are called by their tensors
 * @param calls how often
 * @param nanoseconds in all calls
 * @param weightBytes bytes of weights in all calls, as they are in the file; 0 for what reads none
 * @param products multiplications of a weight with an activation in all calls
 */
public record OperationTime(String operation, long calls, long nanoseconds, long weightBytes, long products) {}
