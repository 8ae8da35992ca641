/* Kernels in plain C, one thread, line by line as in assembly/, run on what kernel memory held when the jobs began.
 * usage: replay JOBS ROUNDS   (JOBS as written by bench/suite/replay.ts)
 * Prints seconds per round, then an FNV-1a hash of the memory afterwards, which must be that of the kernels. Alone: the kernels. */
#include "candidate-text.h"
#include "communities.h"
#include "csr.h"
#include "growth.h"
#include "interested-in.h"
#include "memberships.h"
#include "postings.h"
#include "rows.h"
#include "simhash.h"
#include "spgemm.h"
#include "stream.h"
#include "sweeps.h"
#include "topk.h"
#include "wedge.h"

static const struct { const char *name; Kernel *run; } kernels[] = {
#define NAMED(name) {#name, name}
  NAMED(countKeys), NAMED(prefixKeys), NAMED(scatterByKey), NAMED(expandRows), NAMED(countDistinct), NAMED(mergeDuplicates),
  NAMED(countUnion), NAMED(unionMax), NAMED(compactRows), NAMED(gather32), NAMED(permuteRows), NAMED(topKRows),
  NAMED(columnSquareSums), NAMED(scaleColumns), NAMED(decayValues), NAMED(lastStates), NAMED(sharpenRows), NAMED(colorGraph),
  NAMED(simhashRows), NAMED(hammingPairs), NAMED(scanPostings), NAMED(rescoreItems), NAMED(writeCandidates), NAMED(countInterests), NAMED(sumInterests),
  NAMED(vertexWeights), NAMED(affiliationScores), NAMED(edgeStatistics), NAMED(pairStatistics), NAMED(wedgeTables), NAMED(applyEvents),
  NAMED(spgemmTopK), NAMED(samplePairs), NAMED(cutInterests), NAMED(sweepItems), NAMED(rebaseItems), NAMED(exportItems), NAMED(readItems),
  NAMED(countEntries), NAMED(scatterEntries),
  NAMED(proposeMoves), NAMED(applyMoves), NAMED(moveAtOnce), NAMED(proposeRows), NAMED(applyRows), NAMED(moveRowsAtOnce),
  NAMED(proposeGrowth), NAMED(applyGrowth),
};
enum { NUM_KERNELS = sizeof kernels / sizeof *kernels, PAGE = 4096 };

static Kernel *kernel_of(const char *name) {
  for (int i = 0; i < NUM_KERNELS; i++) if (strcmp(kernels[i].name, name) == 0) return kernels[i].run;
  fprintf(stderr, "no kernel %s\n", name);
  exit(1);
}
static u8 *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  u8 *bytes = malloc(size);
  if (!bytes || fread(bytes, 1, size, file) != size) { fprintf(stderr, "short file\n"); exit(1); }
  fclose(file);
  return bytes;
}

/* A job: how many steps, bytes of scratch or where it lies in memory, how many pages differ from what the job before left; then
 * these pages, each after its number; then the steps. */
typedef struct { u32 num_steps, scratch_bytes, scratch_at, num_pages; } Job;
typedef struct { char kernel[32]; u32 params, lo, hi; } Step;

int main(int argc, char **argv) {
  if (argc < 3) {
    for (int i = 0; i < NUM_KERNELS; i++) puts(kernels[i].name);
    return 0;
  }
  const u8 *file = read_file(argv[1]);
  const u32 num_pages = ((const u32 *)file)[0], num_jobs = ((const u32 *)file)[1], most_scratch = ((const u32 *)file)[2];
  const size_t bytes = (size_t)num_pages * PAGE;
  u8 *memory = aligned_alloc(64, bytes), *scratch = aligned_alloc(64, ((size_t)most_scratch + 127) & ~(size_t)63);
  for (int round = 0; round < atoi(argv[2]); round++) {
    memset(memory, 0, bytes);
    double spent = 0;
    const u8 *at = file + 12;
    for (u32 j = 0; j < num_jobs; j++) {
      Job job;
      memcpy(&job, at, sizeof job);
      at += sizeof job;
      for (u32 i = 0; i < job.num_pages; i++, at += 4 + PAGE) {
        u32 page;
        memcpy(&page, at, 4);
        memcpy(memory + (size_t)page * PAGE, at + 4, PAGE);
      }
      double began = seconds();
      if (!job.scratch_at) memset(scratch, 0, job.scratch_bytes);
      for (u32 i = 0; i < job.num_steps; i++, at += sizeof(Step)) {
        Step step;
        memcpy(&step, at, sizeof step);
        kernel_of(step.kernel)(memory, step.params, job.scratch_at ? memory + job.scratch_at : scratch, step.lo, step.hi);
      }
      spent += seconds() - began;
    }
    printf("%.9f\n", spent);
  }
  printf("hash %08x\n", hash_words(0x811c9dc5u, (const u32 *)memory, bytes / 4));
  return 0;
}
