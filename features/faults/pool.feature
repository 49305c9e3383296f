@cap:shared-eni @fault:pool
Feature: The pool under pods that come and go

  @req:FLT-18 @req:POOL-1 @req:POOL-2
  Scenario: A pool follows its bounds while pods come and go at random
    How many pods there are, wave after wave, comes from the seed. Each wave the
    pool must come to hold as many addresses as the pods and its bounds need, with
    hardly more calls of the cloud than that takes at least, and no pod may go without.

    Given a node "n1" with:
      | config min_pool_size    | 1     |
      | config max_pool_size    | 5     |
      | config address_rest     | "0s"  |
      | config allocate_timeout | "10s" |
    Then the pool of "n1" follows 6 waves of at most 9 pods with 1 to 5 idle addresses
