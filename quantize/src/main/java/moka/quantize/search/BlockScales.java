package moka.quantize.search;

import java.util.Optional;
import moka.gguf.TensorType;

/**
 * The scales and minimums of one block, group by group, with those near them that its fields can hold as well. For one thread.
 */
public final class BlockScales {
    /** Steps of a scale, and of a minimum, around what they are; 0, 0 first. */
    private static final int[][] AFFINE = {
        {0, 0}, {-1, 0}, {1, 0}, {-2, 0}, {2, 0}, {0, -1}, {-1, -1}, {1, -1}, {-2, -1}, {2, -1}, {0, 1}, {-1, 1}, {1, 1}, {-2, 1}, {2, 1}
    };

    /** Steps of a scale; the other way round too, since codes reach one further on one side. */
    private static final int[] SIGNED = {0, -1, 1, -2, 2, -3, 3};

    /** A step, as a part of the scale: less would change hardly a code. */
    private static final float STEP = 0.03f;

    /** A step of a minimum that is a float16, as a part of the scale. */
    private static final float MINIMUM_STEP = 0.25f;

    private final TensorType type;
    private final boolean affine;
    private final int groups;
    private float d;
    private float dmin;
    private final int[] scale;
    private final int[] minimum;

    private BlockScales(TensorType type, boolean affine, int groups) {
        this.type = type;
        this.affine = affine;
        this.groups = groups;
        this.scale = new int[groups];
        this.minimum = new int[groups];
    }

    /** For blocks of a type; empty where scales are not searched. */
    public static Optional<BlockScales> of(TensorType type) {
        return Optional.ofNullable(switch (type) {
            case Q4_0, Q5_0, IQ4_NL -> new BlockScales(type, false, 1);
            case Q4_1, Q5_1 -> new BlockScales(type, true, 1);
            case Q2_K -> new BlockScales(type, true, 16);
            case Q4_K, Q5_K -> new BlockScales(type, true, 8);
            case Q3_K, Q6_K -> new BlockScales(type, false, 16);
            case IQ4_XS -> new BlockScales(type, false, 8);
            default -> null;
        });
    }

    public int groups() {
        return groups;
    }

    /** Candidates for each group. */
    public int candidates() {
        return affine ? AFFINE.length : 2 * SIGNED.length;
    }

    /** Reads a block. */
    public void load(byte[] block, int at) {
        switch (type) {
            case Q4_0, Q5_0, IQ4_NL -> d = Halves.get(block, at);
            case Q4_1, Q5_1 -> {
                d = Halves.get(block, at);
                dmin = Halves.get(block, at + 2);
            }
            case Q2_K -> {
                d = Halves.get(block, at + 80);
                dmin = Halves.get(block, at + 82);
                for (int g = 0; g < 16; g++) {
                    scale[g] = block[at + g] & 15;
                    minimum[g] = block[at + g] >> 4 & 15;
                }
            }
            case Q3_K -> {
                d = Halves.get(block, at + 108);
                for (int g = 0; g < 16; g++) {
                    int low = block[at + 96 + g % 8] >> 4 * (g / 8) & 15;
                    int high = block[at + 104 + g % 4] >> 2 * (g / 4) & 3;
                    scale[g] = (low | high << 4) - 32;
                }
            }
            case Q6_K -> {
                d = Halves.get(block, at + 208);
                for (int g = 0; g < 16; g++) {
                    scale[g] = block[at + 192 + g];
                }
            }
            case IQ4_XS -> {
                d = Halves.get(block, at);
                int upper = block[at + 2] & 255 | (block[at + 3] & 255) << 8;
                for (int g = 0; g < 8; g++) {
                    scale[g] = (block[at + 4 + g / 2] >> 4 * (g % 2) & 15 | (upper >> 2 * g & 3) << 4) - 32;
                }
            }
            default -> loadSixBitPairs(block, at);
        }
    }

    private void loadSixBitPairs(byte[] block, int at) {
        d = Halves.get(block, at);
        dmin = Halves.get(block, at + 2);
        for (int g = 0; g < 4; g++) {
            int last = block[at + 12 + g] & 255;
            scale[g] = block[at + 4 + g] & 63;
            minimum[g] = block[at + 8 + g] & 63;
            scale[g + 4] = last & 15 | (block[at + 4 + g] >> 6 & 3) << 4;
            minimum[g + 4] = last >> 4 | (block[at + 8 + g] >> 6 & 3) << 4;
        }
    }

    /** The scale of a group in a candidate; 0 is what it has. */
    public float scale(int group, int candidate) {
        return groups == 1 ? wholeScale(candidate) : d * scaleStep(group, candidate);
    }

    /** What is subtracted from a group's values in a candidate. */
    public float minimum(int group, int candidate) {
        if (!affine) {
            return 0;
        }
        return groups == 1 ? -wholeOffset(candidate) : dmin * minimumStep(group, candidate);
    }

    private float wholeScale(int candidate) {
        if (affine) {
            return Halves.round(d * (1 + STEP * AFFINE[candidate][0]));
        }
        float near = d * (1 + STEP * SIGNED[candidate % SIGNED.length]);
        return Halves.round(candidate < SIGNED.length ? near : -near);
    }

    private float wholeOffset(int candidate) {
        return Halves.round(dmin + MINIMUM_STEP * d * AFFINE[candidate][1]);
    }

    private int scaleStep(int group, int candidate) {
        int now = scale[group];
        int stride = Math.max(1, Math.round(STEP * Math.abs(now)));
        if (affine) {
            return Math.clamp(now + stride * AFFINE[candidate][0], 0, type == TensorType.Q2_K ? 15 : 63);
        }
        int near = now + stride * SIGNED[candidate % SIGNED.length];
        int limit = type == TensorType.Q6_K ? 128 : 32;
        return Math.clamp(candidate < SIGNED.length ? near : -near, -limit, limit - 1);
    }

    private int minimumStep(int group, int candidate) {
        int now = minimum[group];
        int stride = Math.max(1, Math.round(STEP * now));
        return Math.clamp(now + stride * AFFINE[candidate][1], 0, type == TensorType.Q2_K ? 15 : 63);
    }

    /** Gives a group what it has in a candidate. */
    public void take(int group, int candidate) {
        if (groups == 1) {
            float offset = affine ? wholeOffset(candidate) : 0;
            d = wholeScale(candidate);
            dmin = offset;
        } else {
            int taken = scaleStep(group, candidate);
            if (affine) {
                minimum[group] = minimumStep(group, candidate);
            }
            scale[group] = taken;
        }
    }

    /** Writes all scales into a block, and leaves its codes as they are. */
    public void store(byte[] block, int at) {
        switch (type) {
            case Q4_0, Q5_0, IQ4_NL -> Halves.put(block, at, d);
            case Q4_1, Q5_1 -> {
                Halves.put(block, at, d);
                Halves.put(block, at + 2, dmin);
            }
            case Q2_K -> {
                for (int g = 0; g < 16; g++) {
                    block[at + g] = (byte) (scale[g] | minimum[g] << 4);
                }
            }
            case Q3_K -> ScalePacking.q3k(scale, 0, block, at + 96);
            case Q6_K -> ScalePacking.q6k(scale, 0, block, at + 192);
            case IQ4_XS -> ScalePacking.iq4xs(scale, 0, block, at + 2);
            default -> ScalePacking.sixBitPairs(scale, minimum, 0, block, at + 4);
        }
    }
}
