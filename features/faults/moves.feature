@cap:agent @cap:shared-eni @req:FLT-12 @fault:moves @serial
Feature: Addresses that move while others keep talking to them
  Two pods, one on each node, try both addresses of a pod without a pause, TCP and UDP, so that
  whatever their nodes know of the way there stays confirmed. The pod goes, another one gets its
  addresses elsewhere: the cloud gives the lowest free ones. The new pod's server listens before
  it has them; the old pod's sandbox stays for a while.

  Scenario: To another sandbox
    All 12 addresses of the node are taken, so that the next pod gets what this one had.

    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config max_pool_size    | 12                     |
      | config address_rest     | "200ms"                |
      | config allocate_timeout | "20s"                  |
    And a node "n2"
    And a pod "c" on "n1"
    And a pod "y" on "n2"
    And a pod "a" on "n1"
    And 10 pods on "n1"
    And a sandbox "b" on "n1"
    When "b" gets what "a" had, while "c" and "y" keep talking to it
    Then at both addresses that "a" had on "n1", "b" on "n1" answers within 1000 ms, and nobody else
    And pods, cloud, kernel and reports of "n1" come to agree

  Scenario: To another interface of the node
    An interface of this type has one address, so each pod has one of its own.

    Given the cloud sells type "plumbline.odd.one-each" with 14 interfaces of 1 addresses
    And a node "n1" with:
      | type                    | plumbline.odd.one-each            |
      | config vswitches        | {"cn-hangzhou-a": ["vsw-pods-a"]} |
      | config min_pool_size    | 0                                 |
      | config max_pool_size    | 0                                 |
      | config address_rest     | "200ms"                           |
      | config allocate_timeout | "20s"                             |
    And a node "n2" with:
      | config min_pool_size | 0 |
      | config max_pool_size | 0 |
    And a pod "c" on "n1"
    And a pod "y" on "n2"
    And a pod "a" on "n1"
    And a sandbox "b" on "n1"
    When "b" gets what "a" had, given back to the cloud, while "c" and "y" keep talking to it
    Then at both addresses that "a" had on "n1", "b" on "n1" answers within 1000 ms, and nobody else
    And pods, cloud, kernel and reports of "n1" come to agree

  Scenario: To another node
    Given a node "n1" with:
      | config vswitches     | {"cn-hangzhou-a": ["vsw-pods-a"]} |
      | config min_pool_size | 0                                 |
      | config max_pool_size | 0                                 |
      | config address_rest  | "200ms"                           |
    And a node "n2" with:
      | config vswitches        | {"cn-hangzhou-a": ["vsw-pods-a"]} |
      | config min_pool_size    | 0                                 |
      | config max_pool_size    | 0                                 |
      | config allocate_timeout | "20s"                             |
    And a pod "c" on "n1"
    And a pod "y" on "n2"
    And a pod "a" on "n1"
    And a sandbox "b" on "n2"
    When "b" gets what "a" had, given back to the cloud, while "c" and "y" keep talking to it
    Then at both addresses that "a" had on "n1", "b" on "n2" answers within 1000 ms, and nobody else
    And pods, cloud, kernel and reports of "n1" come to agree
    And pods, cloud, kernel and reports of "n2" come to agree
