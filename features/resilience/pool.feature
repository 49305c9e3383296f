@cap:shared-eni
Feature: The pool of idle addresses
  What a node keeps ready for pods that come.

  @req:POOL-1
  Scenario: An idle node keeps its minimum
    Given a node "n1" with:
      | config min_pool_size | 5 |
      | config max_pool_size | 8 |
    Then the cloud comes to hold 5 to 8 addresses for pods of "n1"
    When 4 pods come to "n1"
    Then the cloud comes to hold 9 to 12 addresses for pods of "n1"

  @req:POOL-2
  Scenario: Addresses above the maximum are given back
    Given a node "n1" with:
      | config min_pool_size | 0    |
      | config max_pool_size | 2    |
      | config address_rest  | "1s" |
    When 9 pods come to "n1"
    Then the cloud comes to hold 9 to 11 addresses for pods of "n1"
    When the runtime deletes the pods of "n1"
    Then the cloud comes to hold 0 to 2 addresses for pods of "n1"

  @req:POOL-3
  Scenario: A new node is warmed up
    Given a node "n1" with:
      | config min_pool_size   | 0  |
      | config max_pool_size   | 12 |
      | config ip_warm_up_size | 9  |
    Then the cloud comes to hold 9 to 12 addresses for pods of "n1"
    When 9 pods come to "n1"
    Then no two pods have an address in common
