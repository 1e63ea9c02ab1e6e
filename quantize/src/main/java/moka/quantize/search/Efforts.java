package moka.quantize.search;

final class Efforts {
    static final AffineSuperBlocks.Effort Q2_K = new AffineSuperBlocks.Effort(
            new float[] {0.8f, 0.9f, 1f, 1.1f, 1.2f, 1.3f, 1.4f, 1.5f, 1.7f, 2f}, 2, new float[] {0.8f, 0.9f, 1f}, 5, 2);
    static final AffineSuperBlocks.Effort Q4_K = new AffineSuperBlocks.Effort(
            new float[] {0.9f, 0.95f, 1f, 1.05f, 1.1f, 1.15f, 1.2f, 1.3f}, 2, new float[] {1f}, 5, 2);
    static final AffineSuperBlocks.Effort Q5_K = new AffineSuperBlocks.Effort(
            new float[] {0.9f, 0.95f, 1f, 1.05f, 1.1f, 1.15f, 1.2f, 1.3f}, 2, new float[] {1f}, 5, 2);
    static final SignedSuperBlocks.Effort Q3_K = new SignedSuperBlocks.Effort(
            new float[] {0.7f, 0.8f, 0.9f, 1f, 1.1f, 1.2f, 1.3f, 1.4f, 1.5f}, 2, new float[] {1f}, 5, 2);
    static final SignedSuperBlocks.Effort Q6_K = new SignedSuperBlocks.Effort(
            new float[] {0.94f, 0.96f, 0.98f, 1f, 1.02f, 1.04f, 1.06f, 1.1f, 1.15f}, 2, new float[] {1f}, 4, 2);

    private Efforts() {}
}
