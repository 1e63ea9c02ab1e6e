package moka.engine.kernel.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code e^x} of ours, not the library's, so that all machines give the same bits: {@code x = n ln 2 + r}, a polynomial of degree 6 on {@code |r| <= ln 2 / 2} (relative error below
 * 1.2e-7), and {@code n} added to the exponent.
 */
final class Exponential {
    private Exponential() {}

    /** {@code e^x}: e^-87.3 below -87.3, at most 2^127.something above. @param F the vector's species, a constant of the caller */
    static FloatVector of(VectorSpecies<Float> F, FloatVector x) {
        FloatVector limited = x.max(-87.3f).min(88.3f);
        // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
        FloatVector shifted = limited.mul(1.44269504f).add(12582912f);
        FloatVector n = shifted.sub(12582912f);
        FloatVector r = n.fma(FloatVector.broadcast(F, -0.693145752f), limited);
        r = n.fma(FloatVector.broadcast(F, -1.42860677e-6f), r);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.38888889e-3f), FloatVector.broadcast(F, 8.33333333e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.16666667e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.66666667e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 0.5f));
        p = p.fma(r, FloatVector.broadcast(F, 1f));
        p = p.fma(r, FloatVector.broadcast(F, 1f));
        IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(power).reinterpretAsFloats();
    }
}
